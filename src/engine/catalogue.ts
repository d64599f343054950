import { PASSES } from '../passes/index.ts';
import { PRESET_NAMES } from '../recipe/presets.ts';
import type { PassInfo } from './types.ts';

/** Every pass as the page lists it and `whittle passes` prints it. */
export const passInfos = (): readonly PassInfo[] =>
  PASSES.map(({ id, group, title, why, preserves, needs, backends, options, looksFor }) => ({
    id,
    group,
    title,
    why,
    preserves,
    needs,
    backends,
    options,
    looksFor: looksFor ?? null,
  }));

export const presetNames = (): readonly string[] => PRESET_NAMES;
