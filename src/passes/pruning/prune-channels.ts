import { pruneOptions } from '../../prune/options.ts';
import type { Pass } from '../../rewrite/pass.ts';
import { cutsGroups } from './cut-groups.ts';
import { CUTTING } from './cut-options.ts';
import { CUT_RULES } from './group-sites.ts';

/**
 * Removes whole channels. A site is a group of channels that can only be cut together; its decision is the bitmap of
 * kept channels, so that a replay reads no weights.
 */
export const pruneChannels: Pass = {
  id: 'prune-channels',
  group: 'pruning',
  title: 'Prune channels',
  why: 'Removes the least important channels everywhere they appear, so that the model does less work.',
  options: {
    ratio: { type: 'number', default: 0.5, min: 0, max: 1, step: 0.01, label: 'Share of channels removed' },
    ...CUTTING,
    roundTo: { type: 'number', default: 1, min: 1, max: 256, step: 1, label: 'Widths in multiples of' },
    macs: { type: 'json', default: null, label: 'MACs to keep, as a share' },
    parameters: { type: 'json', default: null, label: 'Parameters to keep, as a share' },
    bytes: { type: 'json', default: null, label: 'Bytes to keep, as a share' },
    heads: { type: 'boolean', default: true, label: 'Attention heads as well' },
    acrossNorms: { type: 'boolean', default: false, label: 'Channels that a norm takes its statistics over as well' },
  },
  preserves: 'approximation',
  needs: ['weights', 'activations', 'gradients'],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  ...cutsGroups({
    rule: CUT_RULES['prune-channels'],
    optionsOf: ({ options }) => pruneOptions(options),
    concerns: () => true,
    tellsFrozen: true,
  }),
};
