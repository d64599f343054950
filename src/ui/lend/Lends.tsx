import { formatMs } from '../../base/format.ts';
import type { Capabilities } from '../../runtime/types.ts';
import { agentName } from '../bench/agent.ts';

function threadsOf({ maxThreads, cores, crossOriginIsolated }: Capabilities): string {
  if (maxThreads > 1) return `${maxThreads} of ${cores} cores`;
  return crossOriginIsolated ? '1' : '1, as the page is not isolated';
}

const rowsOf = (lent: Capabilities): readonly (readonly [name: string, value: string])[] => [
  ['Browser', agentName(lent.agent)],
  ['Cores', String(lent.cores)],
  ['WASM threads', threadsOf(lent)],
  ['SIMD', lent.simd ? 'yes' : 'no'],
  [
    'WebGPU',
    lent.webgpu
      ? `${lent.webgpu.adapter}${lent.webgpu.software ? ', software' : ''}`
      : (lent.webgpuReason ?? 'This browser has no WebGPU.'),
  ],
  ['Clock step', formatMs(lent.timerStep)],
];

/** What a studio gets of this device. */
export function Lends({ capabilities }: { readonly capabilities: Capabilities }) {
  return (
    <section className="card lend-card" aria-label="What it lends">
      <h2 className="font-strong">What it lends</h2>
      <dl className="lend-rows">
        {rowsOf(capabilities).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
