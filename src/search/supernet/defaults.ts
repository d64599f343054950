import { TRAINING } from '../../train/defaults.ts';
import { SPACE_REQUEST } from '../defaults.ts';
import { ELASTIC } from './phases.ts';
import type { SupernetRequest } from './types.ts';

/** What a supernet training does that nobody has said anything about. */
export const SUPERNET: SupernetRequest = {
  ...TRAINING,
  // Expand ratios of Cai et al. 2020 are half of the largest at least.
  space: { ...SPACE_REQUEST, kinds: ELASTIC, shares: [0.5, 0.75, 1] },
  steps: 600,
  random: 1,
  labels: true,
  temperature: 1,
};
