import { Table2 } from 'lucide-react';
import { useState } from 'react';
import { formatError, plural } from '../../../base/format.ts';
import type { LabResult, Part } from '../../../engine/verify-lab/types.ts';
import { Button } from '../../kit/controls.tsx';
import { ErrorChart } from './ErrorChart.tsx';
import { ValuesTable } from './ValuesTable.tsx';

/** Lines of a list before it is cut. */
const SHOWN = 6;

interface InsideProps {
  readonly result: LabResult;
  readonly parts: readonly Part[];
  readonly free: boolean;
  /** Null: no canvas shows the nodes. */
  readonly show: ((values: readonly number[]) => void) | null;
}

/** The values inside: where they part, as a picture or as a table. */
export function InsideCard({ result, parts, free, show }: InsideProps) {
  const [table, setTable] = useState(false);
  const { intermediates: inside, matched } = result;
  if (!inside || inside.values.length === 0) return null;
  const off = inside.values.flatMap(({ ok, tooSensitive }, index) => (ok || tooSensitive ? [] : [index]));
  return (
    <section className="card min-w-0 px-[18px] py-3.5" aria-label="Values inside">
      <div className="mb-1.5 flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="h3">Values inside</h2>
        <p className="num grow text-11 text-ink-3">
          {matched.values} of {matched.of} compared,{' '}
          {matched.by === 'steps' ? 'by the steps between' : 'found by structure'}, at {inside.at.level} on{' '}
          {inside.at.backend === 'wasm' ? 'WASM' : 'WebGPU'}
        </p>
        {show && off.length > 0 && (
          <Button size="small" onClick={() => show(off)}>
            Light {off.length} in the graph
          </Button>
        )}
        <Button size="small" icon={Table2} aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'Show as picture' : 'Show as table'}
        </Button>
      </div>
      <Parts parts={parts} free={free} show={show} />
      {table ? (
        <ValuesTable values={inside.values} free={free} onChoose={show && ((index) => show([index]))} />
      ) : (
        <ErrorChart inside={inside} parts={parts} free={free} onChoose={(index) => show?.([index])} />
      )}
      <Uncompared result={result} />
    </section>
  );
}

/** Nodes whose results are off though what they read is right. */
function Parts({ parts, free, show }: Omit<InsideProps, 'result'>) {
  if (parts.length === 0) return null;
  return (
    <ol aria-label={free ? 'Where values begin to change' : 'Where they part'} className="mb-3 flex flex-col gap-1.5">
      {parts.slice(0, SHOWN).map((part) => (
        <li key={part.value} className="text-12">
          {show ? (
            <button type="button" className="text-accent hover:underline" onClick={() => show([part.value])}>
              {part.producer}
            </button>
          ) : (
            <b className="font-strong">{part.producer}</b>
          )}{' '}
          <span className="num text-ink-2">
            {formatError(part.before)} → {formatError(part.maxRel)} relative, {formatError(part.allowed)} allowed
          </span>
          {part.why !== null && <span className="text-ink-2">; {part.why}</span>}
          {part.why === null && part.between.length > 0 && (
            <span className="text-ink-3">; not compared before it: {part.between.join(', ')}</span>
          )}
        </li>
      ))}
      {parts.length > SHOWN && <li className="text-11 text-ink-3">and {parts.length - SHOWN} more, in the table</li>}
    </ol>
  );
}

/** Values of B that were left out, by reason. */
function Uncompared({ result }: Pick<InsideProps, 'result'>) {
  const left = result.intermediates?.uncompared ?? [];
  if (left.length === 0) return null;
  const byReason = new Map<string, string[]>();
  for (const { reason, producer } of left) byReason.set(reason, [...(byReason.get(reason) ?? []), producer]);
  return (
    <details className="mt-2 text-11 text-ink-2">
      <summary className="cursor-pointer">{plural(left.length, 'value')} of B not compared</summary>
      <ul className="mt-1">
        {[...byReason].slice(0, SHOWN).map(([reason, producers]) => (
          <li key={reason} className="[overflow-wrap:anywhere]">
            {reason}: {producers.slice(0, 20).join(', ')}
            {producers.length > 20 && ` and ${producers.length - 20} more`}
          </li>
        ))}
      </ul>
    </details>
  );
}
