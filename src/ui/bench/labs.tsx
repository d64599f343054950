import { lazy, type ComponentType } from 'react';
import type { App } from '../../state/app.ts';
import type { Lab } from '../../state/view.ts';
import { SpeedLab } from './SpeedLab.tsx';

export interface LabEntry {
  readonly id: Lab;
  readonly title: string;
  readonly View: ComponentType<{ readonly app: App }>;
}

// Each is loaded when it is first shown.
const ProfileLab = lazy(() => import('./profile/ProfileLab.tsx').then((module) => ({ default: module.ProfileLab })));
const LatencyLab = lazy(() => import('./latency/LatencyLab.tsx').then((module) => ({ default: module.LatencyLab })));
const AccuracyLab = lazy(() =>
  import('./accuracy/AccuracyLab.tsx').then((module) => ({ default: module.AccuracyLab })),
);
const VerifyLab = lazy(() => import('./verify/VerifyLab.tsx').then((module) => ({ default: module.VerifyLab })));
const DevicesLab = lazy(() => import('./devices/DevicesLab.tsx'));

/** What can be measured, in the order in which it is offered. */
export const LABS: readonly LabEntry[] = [
  { id: 'speed', title: 'Speed', View: SpeedLab },
  { id: 'profile', title: 'Profile', View: ProfileLab },
  { id: 'latency', title: 'Latency table', View: LatencyLab },
  { id: 'accuracy', title: 'Accuracy', View: AccuracyLab },
  { id: 'verify', title: 'Verification', View: VerifyLab },
  { id: 'devices', title: 'Devices', View: DevicesLab },
];
