import type { CompareSide } from '../../../engine/compare-types.ts';
import type { RuntimeBackend } from '../../../runtime/types.ts';

/** What is to be profiled, as chosen on the page. `b` null: `a` alone. */
export interface ProfileChoice {
  readonly backend: RuntimeBackend;
  readonly a: CompareSide;
  readonly b: CompareSide | null;
}

/** What is asked for when nothing was chosen: the original, beside the stop under the cursor. */
export const firstProfileSetup = (cursor: number): ProfileChoice => ({
  backend: 'wasm',
  a: 0,
  b: cursor === 0 ? null : cursor,
});

/** Stops that are gone give way to the nearest that are there, a file that was closed to none. */
export function fitProfileSetup(
  setup: ProfileChoice,
  stops: number,
  hasSecond: boolean,
  hasWebgpu: boolean,
): ProfileChoice {
  const last = Math.max(0, stops - 1);
  const fit = (side: CompareSide): CompareSide | null =>
    side === 'second' ? (hasSecond ? side : null) : Math.min(side, last);
  const a = fit(setup.a) ?? 0;
  const b = setup.b === null ? null : fit(setup.b);
  return { a, b: b === a ? null : b, backend: hasWebgpu ? setup.backend : 'wasm' };
}
