import { useId } from 'react';
import type { App } from '../../../state/app.ts';
import { useDevices } from '../../kit/use-store.ts';

/** Where to measure: here, or on a lent device. Nothing where none is lent. */
export function DeviceSelect({ app, disabled }: { readonly app: App; readonly disabled: boolean }) {
  const devices = useDevices(app, (state) => state.view?.devices);
  const chosen = useDevices(app, (state) => state.chosen);
  const id = useId();
  if (!devices?.length) return null;
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        On
      </label>
      <select
        id={id}
        className="select max-w-44"
        value={chosen ?? ''}
        disabled={disabled}
        onChange={({ target }) => app.actions.chooseDevice(target.value === '' ? null : Number(target.value))}
      >
        <option value="">this device</option>
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.session === null ? `${device.name} (away)` : device.name}
          </option>
        ))}
      </select>
    </span>
  );
}
