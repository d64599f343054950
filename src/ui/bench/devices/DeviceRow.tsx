import { Check, Gauge, Pencil, Trash2, X } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { plural } from '../../../base/format.ts';
import type { LentDevice } from '../../../remote/messages.ts';
import type { App } from '../../../state/app.ts';
import { MAX_DEVICE_NAME } from '../../../state/devices.ts';
import { Badge, Button, IconButton } from '../../kit/controls.tsx';
import { useDevices } from '../../kit/use-store.ts';
import { agentName } from '../agent.ts';

/** What it lends, in one line; what is missing is said with its reason. */
function lends({ maxThreads, cores, simd, webgpu, webgpuReason }: LentDevice['capabilities']): readonly string[] {
  return [
    `${plural(maxThreads, 'WASM thread')} of ${plural(cores, 'core')}`,
    simd ? 'SIMD' : 'no SIMD',
    webgpu ? `WebGPU on ${webgpu.adapter}${webgpu.software ? ', software' : ''}` : (webgpuReason ?? 'no WebGPU'),
  ];
}

function Rename({ name, onDone }: { readonly name: string; onDone(name: string | null): void }) {
  const [text, setText] = useState(name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onDone(text.trim() || null);
  };
  return (
    <form className="flex items-center gap-1.5" onSubmit={submit}>
      <span className="field w-52">
        <input
          aria-label={`Name of ${name}`}
          value={text}
          maxLength={MAX_DEVICE_NAME}
          autoFocus
          onChange={({ target }) => setText(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            onDone(null);
          }}
        />
      </span>
      <IconButton type="submit" icon={Check} label="Save the name" size="small" />
      <IconButton icon={X} label="Keep the old name" size="small" onClick={() => onDone(null)} />
    </form>
  );
}

function State({ device }: { readonly device: LentDevice }) {
  if (device.session === null) return <Badge tone="warning">Away</Badge>;
  return device.doing === null ? <Badge tone="good">Waiting</Badge> : <Badge tone="accent">At work</Badge>;
}

/** One lent device: what it is called, has and does. */
export function DeviceRow({ app, device }: { readonly app: App; readonly device: LentDevice }) {
  const isChosen = useDevices(app, (state) => state.chosen === device.id);
  const [isRenaming, setRenaming] = useState(false);
  const rename = (name: string | null): void => {
    setRenaming(false);
    if (name !== null && name !== device.name) void app.actions.renameDevice(device.id, name);
  };
  const measure = (): void => {
    app.actions.chooseDevice(isChosen ? null : device.id);
    if (!isChosen) app.actions.showLab('speed');
  };
  return (
    <li className="devices-row" aria-label={device.name}>
      <div className="min-w-0 grow">
        <div className="flex min-h-7 flex-wrap items-center gap-x-2.5 gap-y-1">
          {isRenaming ? <Rename name={device.name} onDone={rename} /> : <h3 className="h3">{device.name}</h3>}
          <State device={device} />
          <span className="text-11 text-ink-3">{agentName(device.capabilities.agent)}</span>
        </div>
        <p className="num text-ink-2">{lends(device.capabilities).join(' · ')}</p>
        {device.session === null ? (
          <p className="text-ink-3">
            Its page is closed, asleep or out of reach. Wake it, and it comes back by itself.
          </p>
        ) : (
          device.doing !== null && <p className="num text-ink-3">{device.doing}</p>
        )}
      </div>
      <div className="flex items-center gap-1">
        <Button size="small" icon={Gauge} aria-pressed={isChosen} onClick={measure}>
          {isChosen ? 'Measure here again' : 'Measure on it'}
        </Button>
        <IconButton icon={Pencil} label={`Rename ${device.name}`} size="small" onClick={() => setRenaming(true)} />
        <IconButton
          icon={Trash2}
          label={`Remove ${device.name}`}
          size="small"
          onClick={() => void app.actions.removeDevice(device.id)}
        />
      </div>
    </li>
  );
}
