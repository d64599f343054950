import { Cpu, Monitor, ShieldAlert, ShieldCheck, Timer, Zap, ZapOff } from 'lucide-react';
import { formatMs, plural } from '../../base/format.ts';
import type { Capabilities } from '../../runtime/types.ts';
import { Icon } from '../kit/controls.tsx';
import { agentName } from './agent.ts';

/** What the times hold for: backends, isolation, cores, clock. Absent things are said, with the reason. */
export function DeviceChips({ capabilities, name }: { readonly capabilities: Capabilities; readonly name: string }) {
  const { webgpu, crossOriginIsolated: isolated } = capabilities;
  return (
    <ul className="flex min-w-0 flex-wrap gap-2" aria-label={name}>
      <li className="chip">
        <Icon of={Cpu} size={13} className="text-ink-3" />
        <b>WASM</b>
        {capabilities.simd ? 'SIMD, ' : ''}up to {plural(capabilities.maxThreads, 'thread')}
      </li>
      <li className="chip" title={isolated ? undefined : 'Without cross-origin isolation there is one WASM thread.'}>
        <Icon
          of={isolated ? ShieldCheck : ShieldAlert}
          size={13}
          className={isolated ? 'text-added' : 'text-warning'}
        />
        <b>{isolated ? 'Isolated' : 'Not isolated'}</b>
        cross-origin
      </li>
      <li className="chip">
        <Icon of={Monitor} size={13} className="text-ink-3" />
        <b>{plural(capabilities.cores, 'core')}</b>
        {agentName(capabilities.agent)}
      </li>
      <li className="chip max-w-80">
        <Icon of={webgpu ? Zap : ZapOff} size={13} className="text-ink-3" />
        <b>WebGPU</b>
        <span className="ell">
          {webgpu ? `${webgpu.adapter}${webgpu.software ? ', software' : ''}` : (capabilities.webgpuReason ?? 'absent')}
        </span>
      </li>
      <li className="chip">
        <Icon of={Timer} size={13} className="text-ink-3" />
        <b className="num">{formatMs(capabilities.timerStep)}</b>
        timer step
      </li>
    </ul>
  );
}
