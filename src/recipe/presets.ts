import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { hasPass } from '../passes/index.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { Recipe, RecipeStep } from './types.ts';

export type PresetId = 'clean' | 'wasm' | 'webgpu' | 'portable' | 'edge';

interface Preset {
  readonly title: string;
  readonly backend: Backend;
  readonly steps: readonly (readonly [pass: string, options?: Readonly<Record<string, Json>>])[];
}

const CLEAN: Preset['steps'] = [
  ['freeze-initializers'],
  ['fold-constants'],
  ['eliminate-identity'],
  ['eliminate-noop'],
  ['eliminate-dead-nodes'],
];

/** Only what never loses: merging parallel products is left to measurement. */
const PRESETS: Readonly<Record<PresetId, Preset>> = {
  clean: { title: 'Clean', backend: 'portable', steps: CLEAN },
  portable: { title: 'Portable', backend: 'portable', steps: [...CLEAN, ['fold-batch-norm']] },
  wasm: { title: 'WASM', backend: 'wasm', steps: [...CLEAN, ['fold-batch-norm'], ['fuse-conv-activation']] },
  webgpu: { title: 'WebGPU', backend: 'webgpu', steps: [...CLEAN, ['fold-batch-norm'], ['fuse-conv-activation']] },
  edge: {
    title: 'Edge',
    backend: 'wasm',
    steps: [...CLEAN, ['fold-batch-norm'], ['prune-channels', { macs: 0.5 }], ['fuse-conv-activation']],
  },
};

export const PRESET_IDS = Object.keys(PRESETS) as readonly PresetId[];

export const isPreset = (id: string): id is PresetId => Object.hasOwn(PRESETS, id);

/**
 * A preset as a recipe: of the passes that this build has. Its clean-up steps are repeated until nothing changes
 * (`replay`).
 */
export function preset(id: string): Recipe {
  if (!isPreset(id)) {
    throw new CodedError('bad-request', `There is no preset "${id}". Presets: ${PRESET_IDS.join(', ')}.`, {
      preset: id,
    });
  }
  const { title, backend, steps } = PRESETS[id];
  const present = steps.filter(([pass]) => hasPass(pass));
  return {
    whittle: 1,
    name: title,
    backend,
    untilStable: true,
    steps: present.map(([pass, options]): RecipeStep => ({ pass, options: options ?? {}, sites: 'all' })),
  };
}
