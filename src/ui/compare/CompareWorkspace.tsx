import type { CSSProperties } from 'react';
import type { App } from '../../state/app.ts';
import { COMPARE_SIZES } from '../../state/compared.ts';
import { useCompare, useTraining } from '../kit/use-store.ts';
import { Sash } from '../shell/Sash.tsx';
import { ChangesTable } from './ChangesTable.tsx';
import './compare.css';
import { Filters } from './Filters.tsx';
import { Panes } from './Panes.tsx';
import { PickBar } from './PickBar.tsx';
import { Sides } from './Sides.tsx';
import { NothingDiffers, Problems, Remarks, Working } from './States.tsx';
import { SummaryStrip } from './SummaryStrip.tsx';

const TABLE = { min: 96, max: 520 } as const;

function Changes({ app }: { readonly app: App }) {
  const result = useCompare(app, (state) => state.result);
  const rows = useCompare(app, (state) => state.rows);
  const height = useCompare(app, (state) => state.tableHeight);
  return (
    <section className="cmp-dock" aria-label="Table of changes">
      <Sash
        label="Height of the table"
        orientation="horizontal"
        className="-top-1"
        value={height}
        min={TABLE.min}
        max={TABLE.max}
        step={16}
        reversed
        valueAt={({ clientY }, area) => area.bottom - clientY}
        onChange={(tableHeight) => app.actions.resizeCompare({ tableHeight })}
        onReset={() => app.actions.resizeCompare({ tableHeight: COMPARE_SIZES.tableHeight })}
      />
      {result && (rows.length > 0 ? <ChangesTable app={app} /> : <NothingDiffers result={result} />)}
    </section>
  );
}

/** Two models side by side, over each other, or their changes alone; and a table of what differs. */
export function CompareWorkspace({ app }: { readonly app: App }) {
  const result = useCompare(app, (state) => state.result);
  const height = useCompare(app, (state) => state.tableHeight);
  const picking = useTraining(app, (state) => state.picking);
  return (
    <div className="cmp" style={{ '--cmp-table': `${height}px` } as CSSProperties}>
      <h1 className="sr-only">Compare</h1>
      <aside aria-label="What is compared" className="cmp-left">
        <Sides app={app} />
        {result && <Filters app={app} result={result} />}
      </aside>
      <div className="cmp-main">
        {picking && <PickBar app={app} />}
        {result && <SummaryStrip app={app} result={result} />}
        {result && <Remarks app={app} result={result} />}
        <div className="cmp-stage">
          {result && <Panes key={`${result.a.side} ${result.b.side}`} app={app} result={result} />}
          <Problems app={app} />
          <Working app={app} />
        </div>
        <Changes app={app} />
      </div>
    </div>
  );
}
