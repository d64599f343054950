import { formatError } from '../../../base/format.ts';
import type { LabResult } from '../../../engine/verify-lab/types.ts';

/** Each model against what was recorded. */
export function ExpectedTable({ result }: { readonly result: LabResult }) {
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
