import { describe, expect, it } from 'vitest';
import { silentJob } from '../../base/job.ts';
import { normal, seeded } from '../../base/random.ts';
import { observe } from '../../engine/calibration.ts';
import { nodePort } from '../../engine/node.ts';
import type { Model } from '../../ir/model.ts';
import { sizeOf, type ValueId } from '../../ir/types.ts';
import { pruneWeights } from '../../passes/pruning/prune-weights.ts';
import { noFacts } from '../../rewrite/facts.ts';
import { buildModel, type GraphBuilder } from '../../testing/build.ts';
import { afterPass, sitesOf } from '../../testing/passes.ts';
import { elementAt } from './layout.ts';
import { findWeights } from './weights.ts';

interface Case {
  readonly shape: readonly number[];
  op(g: GraphBuilder, x: ValueId): ValueId;
  /** The channel of x that element `at` of the reduction of a matrix multiplies, and along which axis channels lie. */
  readonly axis: number;
  channel(matrix: number, at: number): number;
}

const CASES: Readonly<Record<string, Case>> = {
  Conv: {
    shape: [2, 3, 5, 5],
    op: (g, x) => g.op('Conv', [x, g.weight('w', [4, 3, 2, 2])]),
    axis: 1,
    channel: (_, at) => Math.floor(at / 4),
  },
  'Conv in two groups': {
    shape: [1, 4, 5, 5],
    op: (g, x) => g.op('Conv', [x, g.weight('w', [6, 2, 3, 3])], { group: 2 }),
    axis: 1,
    channel: (matrix, at) => matrix * 2 + Math.floor(at / 9),
  },
  ConvTranspose: {
    shape: [1, 4, 3, 3],
    op: (g, x) => g.op('ConvTranspose', [x, g.weight('w', [4, 3, 2, 2])], { group: 2 }),
    axis: 1,
    channel: (matrix, at) => matrix * 2 + at,
  },
  'MatMul, weight on the right': {
    shape: [2, 3, 6],
    op: (g, x) => g.op('MatMul', [x, g.weight('w', [6, 4])]),
    axis: 2,
    channel: (_, at) => at,
  },
  'MatMul, weight on the left': {
    shape: [2, 6, 3],
    op: (g, x) => g.op('MatMul', [g.weight('w', [4, 6]), x]),
    axis: 1,
    channel: (_, at) => at,
  },
  'Gemm, both transposed': {
    shape: [6, 3],
    op: (g, x) => g.op('Gemm', [x, g.weight('w', [4, 6])], { transA: 1, transB: 1 }),
    axis: 0,
    channel: (_, at) => at,
  },
};

const modelOf = ({ shape, op }: Case): Model =>
  buildModel({ opset: 17, seed: 6 }, (g) => g.output(op(g, g.input('x', shape)), 'y'));

/** Seeded samples whose channels are of unlike size. */
function samples({ shape, axis }: Case): Float32Array[] {
  const next = normal(seeded(11));
  const inner = sizeOf(shape.slice(axis + 1));
  return [0, 1, 2].map(() =>
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => next() * (1 + (Math.floor(i / inner) % (shape[axis] ?? 1)))),
  );
}

/** ‖x‖ of a channel, by definition. */
function norm({ shape, axis }: Case, data: readonly Float32Array[], channel: number): number {
  const inner = sizeOf(shape.slice(axis + 1));
  let [sum, count] = [0, 0];
  for (const each of data) {
    each.forEach((value, i) => {
      if (Math.floor(i / inner) % (shape[axis] ?? 1) !== channel) return;
      sum += value * value;
      count++;
    });
  }
  return Math.sqrt(sum / count);
}

describe('Wanda for single weights', () => {
  it.each(Object.entries(CASES))('%s: in each output the weights of the least |w|·‖x‖ go', async (_, each) => {
    const model = modelOf(each);
    const data = samples(each);
    const feeds = data.map((values) => ({ x: { dtype: 'float32' as const, shape: each.shape, data: values } }));
    const options = { importance: 'wanda', scope: 'output', sparsity: 0.5 };
    const obtain: NonNullable<Parameters<typeof afterPass>[2]>['obtain'] = async (pass, context) => {
      const wanted = pass.observes?.(context) ?? { stats: [], moments: [] };
      const calibration = { name: 'samples', feeds, samples: feeds.length };
      return { ...noFacts, ...(await observe(context, wanted, calibration, nodePort(), silentJob())) };
    };
    const { model: pruned, result } = await afterPass(model, pruneWeights, { options, obtain });
    const [weight] = findWeights(model, { embeddings: false }).weights;
    if (!weight) throw new Error('no weight');
    const after = [...pruned.graph.initializers.entries()].find(([id]) => id === weight.value)?.[1].numbers() ?? [];
    const { layout } = weight;
    const numbers = weight.tensor.numbers();
    for (let matrix = 0; matrix < layout.matrices; matrix++) {
      for (let output = 0; output < layout.outputs; output++) {
        const rated = Array.from({ length: layout.reduction }, (_none, at) => {
          const place = elementAt(layout, matrix, output, at);
          return { place, score: Math.abs(numbers[place] ?? 0) * norm(each, data, each.channel(matrix, at)) };
        }).sort((a, b) => a.score - b.score);
        const gone = new Set(rated.slice(0, Math.round(layout.reduction / 2)).map(({ place }) => place));
        for (const { place } of rated) expect(after[place] === 0, String(place)).toBe(gone.has(place));
      }
    }
    const again = await afterPass(model, pruneWeights, { options, decisions: result.decisions });
    expect([...again.model.graph.initializers.values()][0]?.bytes()).toEqual(
      [...pruned.graph.initializers.values()][0]?.bytes(),
    );
  });

  it('says of a table of embeddings, and of a weight in an inner graph, that it cannot rate them', async () => {
    const model = buildModel({ opset: 17 }, (g) => {
      const body = (inner: GraphBuilder): void => inner.output(inner.op('MatMul', [x, inner.weight('inner', [4, 4])]));
      const x = g.op('Gather', [g.weight('table', [9, 4]), g.input('ids', [3], 'int64')]);
      g.output(g.op('If', [g.input('c', [], 'bool')], { then_branch: body, else_branch: body }), 'y', {
        shape: [3, 4],
      });
    });
    const { sites, refusals } = await sitesOf(model, pruneWeights, {
      options: { importance: 'wanda', embeddings: true },
    });
    expect(sites).toEqual([]);
    const reasons = refusals.map(({ reason }) => reason).join(' ');
    expect(reasons).toContain('table is looked up by Gather, not multiplied.');
    expect(reasons).toMatch(/is read in an inner graph, whose activations are not observed\./);
  });
});
