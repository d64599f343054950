import { sha256Of } from '../engine/artifacts.ts';
import type { TableDevice } from '../engine/latency-table/types.ts';
import type { RecipeStep } from '../recipe/types.ts';
import type { SearchRequest } from './types.ts';

const hashed = (parts: unknown): Promise<string> => sha256Of(new TextEncoder().encode(JSON.stringify(parts)));

/** Of what a sub-network comes to. `subject`: the model's hash and that of the samples. */
export const metricsKey = (subject: string, steps: readonly RecipeStep[], samples: number): Promise<string> =>
  hashed(['metrics', subject, steps, samples]);

/** Of how long it takes on a device: foretold by its table, or timed whole. */
export const latencyKey = (
  kind: 'foretold' | 'timed',
  subject: string,
  steps: readonly RecipeStep[],
  device: TableDevice,
): Promise<string> => hashed([kind, subject, steps, device]);

/** Of how long a search has been at work: the same when it goes on with more to spend. */
export const secondsKey = (subject: string, request: SearchRequest, device: TableDevice | null): Promise<string> =>
  hashed(['seconds', subject, { ...request, evaluations: null, minutes: null, verified: null }, device]);
