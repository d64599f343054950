import { clsx } from 'clsx';
import { backendName } from '../../base/backends.ts';
import { formatError, formatShare, UNKNOWN } from '../../base/format.ts';
import { cosineText } from '../../report/quantity.ts';
import type { OutputError, VerifyResult } from '../../verify/types.ts';

interface Row {
  readonly where: string;
  readonly output: OutputError;
  /** The class allows any error: nothing is judged. */
  readonly free: boolean;
}

const HEADS = ['Output', 'On', 'Max abs', 'Max rel', 'Cosine', 'Top 1', 'Allowed', 'Verdict'] as const;
/** The columns that hold words; all others are numbers. */
const WORDS: ReadonlySet<string> = new Set(['Output', 'On', 'Verdict']);

function ErrorRow({ where, output, free }: Row) {
  return (
    <tr>
      <td className="mono max-w-52 ell" title={output.name}>
        {output.name}
      </td>
      <td className="text-ink-2">{where}</td>
      <td className="r">{formatError(output.maxAbs)}</td>
      <td className="r">{formatError(output.maxRel)}</td>
      <td className="r">{cosineText(output.cosine)}</td>
      <td className="r">{formatShare(output.top1)}</td>
      <td className="r text-ink-3">{free ? UNKNOWN : formatError(output.allowed)}</td>
      <td className={clsx(!output.ok ? 'text-error' : free ? 'text-changed' : 'text-added')}>
        {!output.ok ? '× differs' : free ? '~ not judged' : '✓ agrees'}
      </td>
    </tr>
  );
}

/** Errors of every output at every level and backend that the result ran at. */
export function ErrorTable({ result }: { readonly result: VerifyResult }) {
  const rows = result.runs.flatMap((run) =>
    run.outputs.map((output) => ({ where: `${backendName(run.backend)}, ${run.level}`, output })),
  );
  if (rows.length === 0) return <p className="text-12 text-ink-2">No output was compared.</p>;
  return (
    <table className="table num">
      <thead>
        <tr>
          {HEADS.map((head) => (
            <th key={head} scope="col" className={clsx(!WORDS.has(head) && 'r')}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ where, output }) => (
          <ErrorRow
            key={`${where} ${output.name}`}
            where={where}
            output={output}
            free={result.class === 'approximation'}
          />
        ))}
      </tbody>
    </table>
  );
}
