import { ArrowLeftRight, FilePlus2, X } from 'lucide-react';
import { useId, useRef } from 'react';
import { formatBytes, plural } from '../../base/format.ts';
import type { ComparedModel, CompareSide } from '../../engine/compare-types.ts';
import type { StopView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { sideOfB } from '../../state/compare-run.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { useCompare, useDocument } from '../kit/use-store.ts';

const stopTitle = (index: number, title: string): string => (index === 0 ? 'Original' : `${index} ${title}`);

/** `Original`, `3 Fold batch norm`, or the name of the second file. */
export const sideTitle = ({ side, name, title }: ComparedModel): string =>
  side === 'second' ? name : stopTitle(side, title);

interface SideSelectProps {
  readonly label: 'A' | 'B';
  readonly value: CompareSide;
  readonly stops: readonly StopView[];
  readonly second: string | undefined;
  onChange(side: CompareSide): void;
}

function SideSelect({ label, value, stops, second, onChange }: SideSelectProps) {
  const id = useId();
  return (
    <div className="flex items-center gap-2 px-3.5">
      <label htmlFor={id} className="w-3 font-strong">
        {label}
      </label>
      <select
        id={id}
        className="select min-w-0 flex-1"
        value={String(value)}
        onChange={({ target }) => onChange(target.value === 'second' ? 'second' : Number(target.value))}
      >
        {stops.map(({ index, title }) => (
          <option key={index} value={index}>
            {stopTitle(index, title)}
          </option>
        ))}
        {second !== undefined && <option value="second">{second}</option>}
      </select>
    </div>
  );
}

/** Opens the browser's dialog for a second model. */
function SecondFile({ app }: { readonly app: App }) {
  const input = useRef<HTMLInputElement>(null);
  const second = useCompare(app, (state) => state.second);
  return (
    <div className="flex items-center gap-1 px-3.5 pt-1">
      <input
        ref={input}
        type="file"
        multiple
        aria-label="Second model files"
        tabIndex={-1}
        className="sr-only"
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = '';
          if (files.length > 0) void app.actions.openSecond(files);
        }}
      />
      <Button size="small" icon={FilePlus2} className="min-w-0 flex-1" onClick={() => input.current?.click()}>
        {second ? 'Another second file' : 'Choose a second file'}
      </Button>
      {second && (
        <IconButton
          icon={X}
          size="small"
          label={`Close ${second.name}`}
          onClick={() => void app.actions.closeSecond()}
        />
      )}
    </div>
  );
}

/** What the second file is, and what is missing of it. */
function SecondFacts({ app }: { readonly app: App }) {
  const second = useCompare(app, (state) => state.second);
  if (!second) return <p className="px-3.5 pt-1.5 text-11 text-ink-3">Or drop it on the right half of the window.</p>;
  const { summary, missing, warnings } = second;
  return (
    <div className="px-3.5 pt-1.5 text-11 text-ink-3">
      <p className="num">
        {plural(summary.nodes, 'node')}, {formatBytes(summary.bytes)}, opset {summary.opset}
      </p>
      {missing.length > 0 && (
        <p className="mt-1 text-warning">
          {missing.join(', ')} is missing: its weights are not compared. Choose the model together with that file.
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="mt-1 text-warning">
          {warning}
        </p>
      ))}
    </div>
  );
}

/** Which two models are compared. */
export function Sides({ app }: { readonly app: App }) {
  const stops = useDocument(app, (state) => state.document?.stops);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const a = useCompare(app, (state) => state.a);
  const b = useCompare(app, (state) => sideOfB(state, cursor));
  const second = useCompare(app, (state) => state.second?.name);
  if (!stops) return null;
  return (
    <section aria-label="Models to compare" className="flex flex-none flex-col gap-1.5 border-b border-line-soft pb-3">
      <h2 className="panel-head h-[30px] justify-between">
        Compare
        <IconButton
          icon={ArrowLeftRight}
          size="small"
          iconSize={13}
          label="Swap A and B"
          onClick={() => app.actions.swapSides()}
        />
      </h2>
      <SideSelect
        label="A"
        value={a}
        stops={stops}
        second={second}
        onChange={(side) => app.actions.compareSides({ a: side })}
      />
      <SideSelect
        label="B"
        value={b}
        stops={stops}
        second={second}
        onChange={(side) => app.actions.compareSides({ b: side })}
      />
      <SecondFile app={app} />
      <SecondFacts app={app} />
    </section>
  );
}
