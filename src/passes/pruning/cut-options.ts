import { CRITERIA } from '../../prune/importance/criteria.ts';
import { NOTHING_CUT } from '../../prune/options.ts';
import type { Pass } from '../../rewrite/pass.ts';

/** Options of every pass that cuts groups of channels. */
export const CUTTING: Pass['options'] = {
  scope: {
    type: 'choice',
    default: 'group',
    choices: [
      { value: 'group', label: 'The same share of every group' },
      { value: 'global', label: 'The least important of all groups' },
      { value: 'isomorphic', label: 'The least important of all groups that are built alike' },
    ],
    label: 'Scope',
  },
  importance: {
    type: 'choice',
    default: 'l2',
    choices: Object.entries(CRITERIA).map(([value, { title }]) => ({ value, label: title })),
    label: 'Importance',
  },
  seed: { type: 'number', default: 0, min: 0, max: 2 ** 31 - 1, step: 1, label: 'Random seed' },
  formula: {
    type: 'text',
    default: NOTHING_CUT.formula,
    label: 'Formula',
    hint: 'l2 * apoz / mean(l2)',
  },
  scores: { type: 'json', default: {}, label: 'Scores of your own, by group' },
  repair: {
    type: 'choice',
    default: 'none',
    choices: [
      { value: 'none', label: 'Nothing' },
      { value: 'mean', label: 'Their means, as constants' },
      { value: 'least-squares', label: 'Channels that stay, by least squares' },
    ],
    label: 'Made up for by',
  },
  ratios: { type: 'json', default: {}, label: 'Share removed, by group' },
  protected: { type: 'json', default: [], label: 'Groups that stay whole' },
};
