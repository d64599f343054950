import { TRAINING } from '../../train/defaults.ts';
import { SPACE_REQUEST } from '../defaults.ts';
import { ELASTIC } from './phases.ts';
import type { SupernetRequest } from './types.ts';

/** What a supernet training does that nobody has said anything about. */
export const SUPERNET: SupernetRequest = {
  ...TRAINING,
  space: { ...SPACE_REQUEST, kinds: ELASTIC },
  steps: 600,
  random: 1,
  labels: true,
  temperature: 1,
};
