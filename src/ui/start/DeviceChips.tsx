import { Check, Cpu, Minus, Zap, ZapOff } from 'lucide-react';
import { Popover } from 'radix-ui';
import { plural } from '../../base/format.ts';
import type { Capabilities } from '../../runtime/types.ts';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

const rowsOf = (device: Capabilities): readonly (readonly [name: string, value: string, ok: boolean])[] => [
  ['WASM SIMD', device.simd ? 'yes' : 'no', device.simd],
  ['Threads', `${device.maxThreads} of ${device.cores}`, device.maxThreads > 1],
  ['Cross-origin isolation', device.crossOriginIsolated ? 'yes' : 'no', device.crossOriginIsolated],
  ['WebGPU', device.webgpu ? (device.webgpu.software ? 'software' : 'yes') : 'no', device.webgpu !== null],
  [
    'float16 in kernels',
    device.webgpu ? (device.webgpu.f16 ? 'yes' : 'no') : 'needs WebGPU',
    device.webgpu?.f16 ?? false,
  ],
];

function reasonOf(device: Capabilities): string {
  if (device.webgpu) {
    const where = `WebGPU runs on ${device.webgpu.adapter}.`;
    return device.webgpu.software ? `${where} It is software: right for checks, not for times.` : where;
  }
  const reason = device.webgpuReason ?? 'This browser has no WebGPU.';
  return `${reason} Passes, checks and times are for WASM with ${plural(device.maxThreads, 'thread')}.`;
}

/** What the device can do: two chips, and a table behind them. */
export function DeviceChips({ app }: { readonly app: App }) {
  const device = useDocument(app, (state) => state.capabilities);
  const error = useDocument(app, (state) => state.capabilitiesError);
  if (!device) {
    return (
      <span className="chip">{error ? `The runtime did not answer: ${error.message}` : 'Looking at this device'}</span>
    );
  }
  const gpu = device.webgpu;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="flex gap-1.5 rounded-full" aria-label="What this device can do">
          <span className="chip">
            <Icon of={Cpu} size={13} className="text-added" />
            <b>WASM</b>
            {plural(device.maxThreads, 'thread')}
          </span>
          <span className="chip">
            <Icon of={gpu ? Zap : ZapOff} size={13} className={gpu ? 'text-added' : 'text-warning'} />
            <b>WebGPU</b>
            {gpu ? (gpu.software ? 'software' : 'ready') : 'absent'}
          </span>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} className="pop z-40 w-[330px] p-4">
          <h3 className="h3">{gpu ? 'This device' : 'Running on WASM'}</h3>
          <p className="mt-1.5 text-12 text-ink-2">{reasonOf(device)}</p>
          <table className="table num mt-3">
            <tbody>
              {rowsOf(device).map(([name, value, ok]) => (
                <tr key={name}>
                  <td className="text-ink-2">{name}</td>
                  <td className={`r ${ok ? 'text-added' : 'text-ink-3'}`}>
                    <span className="flex items-center justify-end gap-1.5">
                      {value}
                      <Icon of={ok ? Check : Minus} size={13} />
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="mt-2.5 text-11 text-ink-3">ONNX Runtime Web {device.runtimeVersion}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
