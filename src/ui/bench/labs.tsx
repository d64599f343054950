import { lazy, type ComponentType } from 'react';
import type { App } from '../../state/app.ts';
import type { Lab } from '../../state/view.ts';
import { AccuracyLab } from './accuracy/AccuracyLab.tsx';
import { ProfileLab } from './profile/ProfileLab.tsx';
import { SpeedLab } from './SpeedLab.tsx';
import { VerifyLab } from './verify/VerifyLab.tsx';

export interface LabEntry {
  readonly id: Lab;
  readonly title: string;
  readonly View: ComponentType<{ readonly app: App }>;
}

/** With its QR codes, on request. */
const DevicesLab = lazy(() => import('./devices/DevicesLab.tsx'));

/** What can be measured, in the order in which it is offered. */
export const LABS: readonly LabEntry[] = [
  { id: 'speed', title: 'Speed', View: SpeedLab },
  { id: 'profile', title: 'Profile', View: ProfileLab },
  { id: 'accuracy', title: 'Accuracy', View: AccuracyLab },
  { id: 'verify', title: 'Verification', View: VerifyLab },
  { id: 'devices', title: 'Devices', View: DevicesLab },
];
