import { Download, Table2 } from 'lucide-react';
import { useState } from 'react';
import { formatError, formatMs, plural } from '../../../base/format.ts';
import type { LabResult, LabSide, Part } from '../../../engine/verify-lab/types.ts';
import type { App } from '../../../state/app.ts';
import type { Verified } from '../../../state/verify-lab-store.ts';
import { ErrorTable } from '../../checks/ErrorTable.tsx';
import { meaningOf, VerdictBadge } from '../../checks/VerdictBadge.tsx';
import { Button } from '../../kit/controls.tsx';
import { ErrorChart } from './ErrorChart.tsx';
import { resultCsv, resultJson } from './save.ts';
import { ValuesTable } from './ValuesTable.tsx';

/** Lines of a list before it is cut. */
const SHOWN = 6;

const sideText = ({ side, name, title }: LabSide): string =>
  side === 'second' ? name : side === 0 ? `${name}, original` : `${name}, ${side} ${title}`;

interface Props {
  readonly app: App;
  readonly verified: Verified;
  readonly stale: boolean;
  /** The WebGPU adapter is no graphics card. */
  readonly software: boolean;
}

/** What was found: the verdict in words, errors of the outputs, errors of the values inside. */
export function Result({ app, verified, stale, software }: Props) {
  const { request, result } = verified;
  const { intermediates, parts, verify } = result;
  const onCanvas = typeof result.a.side === 'number' || typeof result.b.side === 'number';
  const show = onCanvas && !stale ? (values: readonly number[]): void => void app.actions.showVerified(values) : null;
  return (
    <>
      {stale && (
        <p role="status" className="card px-[18px] py-2.5 text-12 text-warning">
          The models are not what they were when this was found. Run again.
        </p>
      )}
      <section className="card min-w-0 px-[18px] py-3.5" aria-label="Verdict">
        <Head app={app} verified={verified} />
        <p className="mt-1.5 text-ink">{verify.message}</p>
        <p className="text-11 text-ink-3">
          {meaningOf(verify)} Class {verify.class}; {plural(verify.inputs.length, 'input')}: {verify.inputs.join(', ')};{' '}
          {formatMs(result.ms)}.{software && request.backends.includes('webgpu') && ' WebGPU is software here.'}
        </p>
        {result.notes.length > 0 && (
          <ul className="verify-notes mt-2 max-w-[96ch] text-12 text-ink-2">
            {result.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        <div className="mt-3 overflow-x-auto">
          <ErrorTable result={verify} />
        </div>
        <Expected result={result} />
      </section>
      {intermediates && <Inside result={result} show={show} free={verify.class === 'approximation'} parts={parts} />}
    </>
  );
}

function Head({ app, verified }: { readonly app: App; readonly verified: Verified }) {
  const { result } = verified;
  const save = (format: 'json' | 'csv'): void => {
    const [text, type] =
      format === 'json' ? [resultJson(verified), 'application/json'] : [resultCsv(result), 'text/csv'];
    const stem = result.a.name.replace(/\.onnx$/i, '');
    app.actions.saveFile(`${stem}.verify.${format}`, new Blob([text], { type }));
  };
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <VerdictBadge result={result.verify} />
      <p className="min-w-0 grow text-12 text-ink-2 [overflow-wrap:anywhere]">
        A {sideText(result.a)} <span className="text-ink-3">against</span> B {sideText(result.b)}
      </p>
      {result.verify.failing && (
        <Button size="small" icon={Download} onClick={() => void app.actions.saveFailingInput()}>
          Save the failing input
        </Button>
      )}
      <Button size="small" icon={Download} onClick={() => save('json')}>
        JSON
      </Button>
      <Button size="small" icon={Download} onClick={() => save('csv')}>
        CSV
      </Button>
    </div>
  );
}

/** Each model against what was recorded. */
function Expected({ result }: { readonly result: LabResult }) {
  const runs = result.verify.expected ?? [];
  if (runs.length === 0) return null;
  return (
    <div className="mt-3 overflow-x-auto">
      <h3 className="mb-1 text-12 font-strong">Against the recorded outputs</h3>
      <table className="table num">
        <thead>
          <tr>
            {['Output', 'Model', 'On'].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            <th scope="col" className="r">
              Max abs
            </th>
            <th scope="col" className="r">
              Of what ONNX allows
            </th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {runs.flatMap(({ of, level, backend, outputs }) =>
            outputs.map((output) => (
              <tr key={`${of} ${level} ${backend} ${output.name}`}>
                <td className="mono max-w-52 ell" title={output.name}>
                  {output.name}
                </td>
                <td>{of === 'original' ? 'A' : 'B'}</td>
                <td className="text-ink-2">
                  {backend === 'wasm' ? 'WASM' : 'WebGPU'}, {level}
                </td>
                <td className="r">{formatError(output.maxAbs)}</td>
                <td className="r">{formatError(output.excess)}×</td>
                <td className={output.ok ? 'text-added' : 'text-error'}>
                  {output.ok ? '✓ met' : `× ${output.mismatch ?? 'not met'}`}
                </td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}

interface InsideProps {
  readonly result: LabResult;
  readonly parts: readonly Part[];
  readonly free: boolean;
  /** Null: no canvas shows the nodes. */
  readonly show: ((values: readonly number[]) => void) | null;
}

/** The values inside: where they part, as a picture or as a table. */
function Inside({ result, parts, free, show }: InsideProps) {
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
