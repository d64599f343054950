import type { Json } from '../../base/json.ts';
import type { ChannelGraph } from '../../prune/groups.ts';
import { NOTHING_CUT, pruneOptions } from '../../prune/options.ts';
import type { PruneOptions } from '../../prune/types.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { cutsGroups } from './cut-groups.ts';
import { CUTTING } from './cut-options.ts';
import { CUT_RULES } from './group-sites.ts';

/**
 * Removes whole attention heads (Michel et al. 2019, Are Sixteen Heads Really Better than One?), in attention that is
 * spelt out as in fused operators; heads that share keys and values go with them. A site is one attention; its decision
 * is the bitmap of kept channels.
 */
export const pruneHeads: Pass = {
  id: 'prune-heads',
  group: 'pruning',
  title: 'Prune attention heads',
  why: 'Removes the least important attention heads with their queries, keys, values and outputs; all else stays.',
  options: {
    ratio: { type: 'number', default: 0.5, min: 0, max: 1, step: 0.01, label: 'Share of heads removed' },
    ...CUTTING,
  },
  preserves: 'approximation',
  needs: ['weights', 'activations', 'gradients'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: {
    chains: ['MatMul → Softmax → MatMul'],
    operators: ['Softmax', 'Attention', 'MultiHeadAttention', 'GroupQueryAttention'],
  },
  ...cutsGroups({
    rule: CUT_RULES['prune-heads'],
    optionsOf: headsOnly,
    concerns: (group) => group.isHeads,
    tellsFrozen: false,
  }),
};

/** Whatever is no head stays. */
function headsOnly({ options }: PassContext, { groups }: ChannelGraph): PruneOptions {
  const whole = groups.filter((group) => !group.isHeads).map((group) => group.key);
  const given = pruneOptions({ ...(NOTHING_CUT as unknown as Record<string, Json>), ...options });
  return { ...given, protected: [...given.protected, ...whole] };
}
