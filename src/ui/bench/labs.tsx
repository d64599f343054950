import type { ComponentType } from 'react';
import type { App } from '../../state/app.ts';
import type { Lab } from '../../state/view.ts';
import { LatencyLab } from './latency/LatencyLab.tsx';
import { SpeedLab } from './SpeedLab.tsx';

export interface LabEntry {
  readonly id: Lab;
  readonly title: string;
  readonly View: ComponentType<{ readonly app: App }>;
}

/** What can be measured, in the order in which it is offered. */
export const LABS: readonly LabEntry[] = [
  { id: 'speed', title: 'Speed', View: SpeedLab },
  { id: 'latency', title: 'Latency table', View: LatencyLab },
];
