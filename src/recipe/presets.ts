import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { hasPass } from '../passes/index.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { Recipe, RecipeStep } from './types.ts';

export type PresetName = 'clean' | 'wasm' | 'webgpu' | 'portable' | 'edge';

interface Preset {
  readonly title: string;
  readonly backend: Backend;
  readonly steps: readonly (readonly [pass: string, options?: Readonly<Record<string, Json>>])[];
}

/** All of clean-up but `convert-opset`, which is a choice: another operator set makes no model smaller. */
const CLEAN: Preset['steps'] = [
  ['freeze-initializers'],
  ['fold-constants'],
  ['eliminate-identity'],
  ['eliminate-noop'],
  ['inline-constant-if'],
  ['materialize-shapes'],
  ['merge-casts'],
  ['merge-transposes'],
  ['merge-reshapes'],
  ['merge-slices'],
  ['merge-clips'],
  ['merge-duplicate-initializers'],
  ['eliminate-common-subexpressions'],
  ['eliminate-dead-nodes'],
];

/** Only what never loses: merging parallel products is left to measurement. */
const PRESETS: Readonly<Record<PresetName, Preset>> = {
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

export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

const isPreset = (id: string): id is PresetName => Object.hasOwn(PRESETS, id);

/** `clean` and `edge` are for any backend; the others are made for theirs. */
function backendFor(id: PresetName, wanted: Backend | undefined): Backend {
  const own = PRESETS[id].backend;
  return id === 'clean' || (id === 'edge' && wanted !== 'portable') ? (wanted ?? own) : own;
}

/**
 * A preset as a recipe: of the passes that this build has. Its clean-up steps are repeated until nothing changes
 * (`replay`).
 */
export function presetRecipe(id: string, backend?: Backend): Recipe {
  if (!isPreset(id)) {
    throw new CodedError('bad-request', `There is no preset "${id}". Presets: ${PRESET_NAMES.join(', ')}.`, {
      preset: id,
    });
  }
  const { title, steps } = PRESETS[id];
  const present = steps.filter(([pass]) => hasPass(pass));
  return {
    whittle: 1,
    name: title,
    backend: backendFor(id, backend),
    untilStable: true,
    steps: present.map(([pass, options]): RecipeStep => ({ pass, options: options ?? {}, sites: 'all' })),
  };
}
