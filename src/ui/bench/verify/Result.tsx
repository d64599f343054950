import { Download, X } from 'lucide-react';
import { formatMs, plural } from '../../../base/format.ts';
import type { LabSide } from '../../../engine/verify-lab/types.ts';
import type { App } from '../../../state/app.ts';
import type { Verified } from '../../../state/verify-lab-store.ts';
import { ErrorTable } from '../../checks/ErrorTable.tsx';
import { meaningOf, VerdictBadge } from '../../checks/VerdictBadge.tsx';
import { Badge, Button } from '../../kit/controls.tsx';
import { ExpectedTable } from './ExpectedTable.tsx';
import { InsideCard } from './InsideCard.tsx';
import { resultCsv, resultJson } from './save.ts';

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
        <ExpectedTable result={result} />
      </section>
      {intermediates && (
        <InsideCard result={result} show={show} free={verify.class === 'approximation'} parts={parts} />
      )}
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
      {result.verify.ok && !result.ok && (
        <Badge tone="error" icon={X}>
          misses recorded outputs
        </Badge>
      )}
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
