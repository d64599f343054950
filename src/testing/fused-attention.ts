import { expect } from 'vitest';
import type { Model, Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { fuseAttention } from '../passes/fusion/fuse-attention.ts';
import { number, SIZES, type AttentionSizes } from './attention.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from './build.ts';
import { expectEquivalent, type Equivalence } from './equivalent.ts';
import { afterPass, countOps, sitesOf } from './passes.ts';

export const MHA = 'com.microsoft.MultiHeadAttention';
export const LOWEST = -3.4028234663852886e38;

export const model = (build: (g: GraphBuilder) => ValueId, options: BuildOptions = {}): Model =>
  buildModel(options, (g) => g.output(build(g), 'y'));

/** Scores divided by √width, then what is asked for. */
export const masked =
  (g: GraphBuilder, mask: (scores: ValueId) => ValueId, { width }: AttentionSizes = SIZES) =>
  (scores: ValueId): ValueId =>
    mask(g.op('Div', [scores, number(g, Math.sqrt(width))]));

export async function expectFused(
  before: Model,
  ops: Record<string, number>,
  options: Partial<Equivalence> = {},
): Promise<Model> {
  const { model: after, result } = await afterPass(before, fuseAttention);
  expect(result.refusals.map((each) => each.reason)).toEqual([]);
  expect(countOps(after)).toEqual(ops);
  await expectEquivalent(before, after, { class: 'order', seeds: 2, ...options });
  return after;
}

export const reasons = async (before: Model, settings = {}): Promise<string> => {
  const { sites, refusals } = await sitesOf(before, fuseAttention, settings);
  expect(sites).toEqual([]);
  return refusals.map((each) => each.reason).join(' ');
};

const only = (after: Model, opType: string): Node => [...after.nodes.values()].find((node) => node.opType === opType)!;
export const onlyMha = (after: Model): Node => only(after, 'MultiHeadAttention');
