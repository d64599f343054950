import type { DocumentView } from '../../engine/types.ts';
import type { RuntimeBackend } from '../../runtime/types.ts';
import type { StopsRequest, VerifyResult } from '../../verify/types.ts';

/** One comparison that can be checked: two stops and what is known of them. */
export interface Subject {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly a: number;
  readonly b: number;
  readonly result: VerifyResult | null;
}

/** The whole recipe first, then each step against the stop before it. Undone steps are left out. */
export function subjectsOf({ stops, cursor }: DocumentView): readonly Subject[] {
  const current = stops[cursor];
  if (cursor === 0 || !current) return [];
  const whole: Subject = {
    id: 'whole',
    title: 'The whole recipe',
    about: 'the result against the original',
    a: 0,
    b: cursor,
    result: current.whole,
  };
  const steps = stops.slice(1, cursor + 1).map((stop) => ({
    id: String(stop.index),
    title: `${stop.index} ${stop.title}`,
    about: `against the stop before, ${stop.preserves}`,
    a: stop.index - 1,
    b: stop.index,
    result: stop.verify,
  }));
  return [whole, ...steps];
}

/** The levels that are always compared, and the backends that were chosen and exist. */
export const requestFor = (webgpu: boolean, hasWebgpu: boolean): Pick<StopsRequest, 'backends' | 'levels'> => {
  const backends: readonly RuntimeBackend[] = webgpu && hasWebgpu ? ['wasm', 'webgpu'] : ['wasm'];
  return { backends, levels: ['disabled', 'all'] };
};

/** `seed 1, seed 2, zeros` as a sentence part; long lists are counted. */
export function inputsText(inputs: readonly string[]): string {
  if (inputs.length === 0) return 'no input was tried';
  return inputs.length <= 8 ? inputs.join(', ') : `${inputs.slice(0, 6).join(', ')} and ${inputs.length - 6} more`;
}
