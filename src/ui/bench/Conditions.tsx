import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { formatShare } from '../../base/format.ts';
import type { BenchResult } from '../../bench/types.ts';
import type { App } from '../../state/app.ts';
import { deviceWarnings } from '../../state/device-watch.ts';
import { Icon } from '../kit/controls.tsx';

/**
 * What now stands against measuring: battery, pressure. A hidden tab sees nothing, so it is told with the result; `busy`
 * measurements put the processor under pressure themselves.
 */
export function DeviceWarnings({ app, busy }: { readonly app: App; readonly busy: boolean }) {
  const state = useSyncExternalStore(app.device.onChange, app.device.state);
  const warnings = deviceWarnings({ ...state, hidden: false, pressure: busy ? null : state.pressure });
  if (warnings.length === 0) return null;
  return (
    <div role="status" className="card flex items-start gap-2 px-[18px] py-2.5 text-ink-2">
      <Icon of={TriangleAlert} className="mt-0.5 flex-none text-warning" />
      <span>{warnings.join(' ')}</span>
    </div>
  );
}

/** What the machine did while it was measured. */
export function Conditions({ result }: { readonly result: BenchResult }) {
  const { disturbed, warnings } = result.conditions;
  if (warnings.length > 0) {
    return (
      <ul className="mt-2 text-12 text-ink-2" aria-label="What disturbed the measurement">
        {warnings.map((warning) => (
          <li key={warning} className="flex items-start gap-1.5">
            <Icon of={CircleAlert} size={12} className="mt-[3px] flex-none text-warning" />
            {warning}
          </li>
        ))}
      </ul>
    );
  }
  if (disturbed === null) return null;
  return (
    <p className="num mt-1.5 text-11 text-ink-3">
      Quiet machine: {formatShare(disturbed)} of short pieces of work were disturbed before and after.
    </p>
  );
}
