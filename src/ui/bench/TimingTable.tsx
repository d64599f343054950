import { bytesPair, msPair, THIN } from '../../base/format.ts';
import type { BenchResult, Timing } from '../../bench/types.ts';

const ROWS: readonly (readonly [string, (timing: Timing) => number])[] = [
  ['Median', (timing) => timing.median],
  ['p95', (timing) => timing.p95],
  ['Fastest', (timing) => timing.min],
  ['Spread (MAD)', (timing) => timing.mad],
  ['First run', (timing) => timing.firstRunMs],
  ['Start-up', (timing) => timing.startMs],
];

/** Times of both models; the unit stands once a row. */
export function TimingTable({ result }: { readonly result: BenchResult }) {
  const { a, b } = result;
  const heap = bytesPair(a.heapBytes, b?.heapBytes ?? null);
  return (
    <table className="table num w-[236px] flex-none self-center" aria-label="Times">
      <thead>
        <tr>
          <th scope="col">
            <span className="sr-only">Quantity</span>
          </th>
          <th scope="col" className="r">
            {b ? 'Before' : 'Time'}
          </th>
          {b && (
            <th scope="col" className="r">
              After
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {ROWS.map(([title, read]) => {
          const pair = msPair(read(a), b && read(b));
          return (
            <tr key={title}>
              <td className="text-ink-2">{title}</td>
              <td className="r text-ink-3">{b ? pair.before : pair.before + THIN + pair.unit}</td>
              {b && <td className="r">{pair.after + THIN + pair.unit}</td>}
            </tr>
          );
        })}
        {a.heapBytes !== null && (
          <tr title="What the memory of the WASM module grew to, each model alone in it">
            <td className="text-ink-2">Peak memory</td>
            <td className="r text-ink-3">{b ? heap.before : heap.before + THIN + heap.unit}</td>
            {b && <td className="r">{heap.after + THIN + heap.unit}</td>}
          </tr>
        )}
      </tbody>
    </table>
  );
}
