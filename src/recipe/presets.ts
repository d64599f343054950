import { CodedError } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { hasPass } from '../passes/index.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { Recipe, RecipeStep } from './types.ts';

export type PresetName = 'clean' | 'wasm' | 'webgpu' | 'portable' | 'edge';

interface Preset {
  readonly title: string;
  /** What it does, in a sentence. */
  readonly about: string;
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

/** Scales, shifts and pads that a neighbour takes over. */
const FOLDING: Preset['steps'] = [['fold-batch-norm'], ['fold-scale-bias'], ['fuse-pad'], ['slices-to-split']];

/** Formulas that are written out: one node each. Attention comes before what would take its products apart. */
const FORMULAS: Preset['steps'] = [
  ['fuse-space-to-depth'],
  ['fuse-layer-norm'],
  ['fuse-rms-norm'],
  ['fuse-gelu'],
  ['fuse-fast-gelu'],
  ['fuse-quick-gelu'],
  ['fuse-hard-swish'],
  ['fuse-rotary'],
  ['fuse-attention'],
  ['fuse-skip-norm'],
  ['fuse-bias-gelu'],
  ['merge-linear-chains'],
];

/**
 * Only what never loses. Left to measurement (`tune`): merging parallel products, convolutions and branches, whose Split
 * copies and hides activations from their convolutions; Gemm in place of MatMul and Add, and activations inside it, which
 * gain nothing and lost 4 % on a small ViT.
 */
const PRESETS: Readonly<Record<PresetName, Preset>> = {
  clean: {
    title: 'Clean',
    about:
      'Every clean-up pass: constants are folded, and what does nothing, or nothing needs, goes. Values stay as they are.',
    backend: 'portable',
    steps: CLEAN,
  },
  portable: {
    title: 'Portable',
    about: 'Clean-up and the fusions that any runtime can run: only operators of ai.onnx.',
    backend: 'portable',
    steps: [
      ...CLEAN,
      ...FOLDING,
      ['fuse-layer-norm'],
      ['fuse-rms-norm'],
      ['fuse-gelu'],
      ['fuse-fast-gelu'],
      ['fuse-hard-swish'],
      ['merge-linear-chains'],
    ],
  },
  wasm: {
    title: 'WASM',
    about: 'Clean-up and every fusion that pays on the CPU and never loses there.',
    backend: 'wasm',
    steps: [
      ...CLEAN,
      ...FOLDING,
      ...FORMULAS,
      ['fuse-matmul-transpose'],
      ['fuse-conv-residual'],
      ['fuse-conv-activation'],
    ],
  },
  webgpu: {
    title: 'WebGPU',
    about: 'Clean-up and every fusion that pays on the GPU and never loses there.',
    backend: 'webgpu',
    // What WASM cannot run could not be held against the original there.
    steps: [...CLEAN, ...FOLDING, ...FORMULAS, ['fuse-conv-activation', { webgpuOnly: false }]],
  },
  edge: {
    title: 'Edge',
    about:
      'Clean-up and fusion, and channels are pruned until half of the MACs are left. Values change: train or check it after.',
    backend: 'wasm',
    steps: [...CLEAN, ...FOLDING, ['prune-channels', { macs: 0.5 }], ['fuse-conv-residual'], ['fuse-conv-activation']],
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

/** A preset with what it does, for lists. */
export interface PresetInfo {
  readonly id: PresetName;
  readonly title: string;
  readonly about: string;
  readonly recipe: Recipe;
}

export const presetInfos = (backend?: Backend): readonly PresetInfo[] =>
  PRESET_NAMES.map((id) => {
    const { title, about } = PRESETS[id];
    return { id, title, about, recipe: presetRecipe(id, backend) };
  });
