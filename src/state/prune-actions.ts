import { forecast } from '../prune/forecast.ts';
import type { PruneSession } from './document.ts';

export interface GroupGain {
  readonly macs: number;
  readonly bytes: number;
}

/** What cutting this one group changes, all other groups staying as they are now; 0 or below. */
export function groupGain({ plan, forecast: now }: PruneSession, group: number): GroupGain {
  const channels = plan.groups.map((each) => each.channels);
  const kept = now.kept.map((width, index) => (index === group ? (channels[index] ?? width) : width));
  const whole = forecast(plan.forecast, { channels, kept });
  return { macs: now.macs - whole.macs, bytes: now.bytes - whole.bytes };
}
