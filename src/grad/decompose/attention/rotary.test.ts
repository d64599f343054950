import { describe, expect, it } from 'vitest';
import { float } from '../../../ir/attribute.ts';
import { floats } from '../../../ir/tensor.ts';
import type { Model } from '../../../ir/model.ts';
import type { ValueId } from '../../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { decompose } from '../decompose.ts';

const [B, S, N, H] = [2, 3, 2, 8];
const ROWS = 12;

/** Cosines or sines of the angles of `rows` positions, [rows, half]. */
const table = (g: GraphBuilder, of: (angle: number) => number, half: number, lead: readonly number[] = [ROWS]) => {
  const rows = lead.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: rows * half }, (_, i) => of(Math.floor(i / half) / 10 ** ((i % half) / half)));
  return g.tensor('table', floats([...lead, half], data));
};

interface Form {
  readonly attributes?: Record<string, AttributeInit>;
  readonly x?: readonly number[];
  readonly half?: number;
  readonly positions?: (g: GraphBuilder) => ValueId;
}

const X3 = [B, S, N * H];
const X4 = [B, N, S, H];

function contrib({ attributes = {}, x = X3, half = H / 2, positions = (g) => g.int64s('start', [4]) }: Form): Model {
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
    const inputs = [g.input('x', x), positions(g), table(g, Math.cos, half), table(g, Math.sin, half)];
    g.output(g.op('RotaryEmbedding', inputs, attributes, { domain: 'com.microsoft' }), 'y');
  });
}

describe('com.microsoft.RotaryEmbedding', () => {
  it.each([[0], [1]])('turns halves or pairs of heads of either layout (interleaved %i)', async (interleaved) => {
    await expectDecomposed(contrib({ attributes: { interleaved } }));
    await expectDecomposed(contrib({ attributes: { interleaved }, x: X4 }));
  });
  it.each([[0], [1]])('leaves the end of a head where less is turned (interleaved %i)', async (interleaved) => {
    const attributes = { interleaved, num_heads: N, rotary_embedding_dim: 4 };
    await expectDecomposed(contrib({ attributes, half: 2 }));
    await expectDecomposed(contrib({ attributes, half: 2, x: X4 }));
  });
  it('takes positions that are constant, rising or not', async () => {
    await expectDecomposed(contrib({ positions: (g) => g.int64s('at', [2, 3, 4, 2, 3, 4], [B, S]) }));
    await expectDecomposed(contrib({ positions: (g) => g.int64s('at', [2, 3, 4, 9, 0, 1], [B, S]) }));
  });
  it('takes positions that are inputs', async () => {
    const plan = { limits: { position_ids: ROWS - S } };
    await expectDecomposed(contrib({ positions: (g) => g.input('position_ids', [B, S], 'int64') }), { plan });
    await expectDecomposed(contrib({ positions: (g) => g.input('position_ids', [1], 'int64') }), { plan });
  });
  it('stays with a scale', () => {
    const { left } = decompose(contrib({ attributes: { scale: float(2) } }));
    expect(left).toMatchObject([{ reason: 'it has a scale' }]);
  });
});

describe('RotaryEmbedding', () => {
  const standard = ({ attributes = {}, x = X4, half = H / 2, positions }: Form): Model =>
    buildModel({ opset: 23, irVersion: 10 }, (g) => {
      const lead = positions ? [ROWS] : [B, S];
      const inputs = [g.input('x', x), table(g, Math.cos, half, lead), table(g, Math.sin, half, lead)];
      if (positions) inputs.push(positions(g));
      g.output(g.op('RotaryEmbedding', inputs, attributes), 'y');
    });

  it.each([[0], [1]])('turns heads of either layout (interleaved %i)', async (interleaved) => {
    await expectDecomposed(standard({ attributes: { interleaved } }));
    await expectDecomposed(standard({ attributes: { interleaved, num_heads: N }, x: X3 }));
    await expectDecomposed(standard({ attributes: { interleaved, rotary_embedding_dim: 4 }, half: 2 }));
  });
  it('looks positions up', async () => {
    const positions = (g: GraphBuilder): ValueId => g.input('position_ids', [B, S], 'int64');
    await expectDecomposed(standard({ positions }), { plan: { limits: { position_ids: ROWS } } });
  });
});
