import { describe, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import { buildModel } from '../../testing/build.ts';
import { expectDecomposed } from '../../testing/decomposed.ts';
import type { Model } from '../../ir/model.ts';

const [B, S, C] = [2, 5, 8];

interface Form {
  readonly segments?: boolean;
  readonly mask?: boolean;
  /** Shape of the positions. */
  readonly positions?: readonly number[];
  readonly rows?: number;
}

function embed({ segments = true, mask, positions, rows = 9 }: Form): Model {
  return buildModel({ opset: 18, irVersion: 10, domains: { 'com.microsoft': 1 } }, (g) => {
    const inputs = [
      g.input('ids', [B, S], 'int32'),
      segments ? g.input('segment_ids', [B, S], 'int32') : null,
      g.weight('words', [11, C]),
      g.weight('positions', [rows, C]),
      segments ? g.weight('segments', [2, C]) : null,
      g.weight('gamma', [C], { scale: 0.2, offset: 1 }),
      g.weight('beta', [C]),
      mask ? g.input('mask', [B, S], 'int32') : null,
      positions ? g.input('position_ids', positions, 'int32') : null,
    ];
    while (inputs.at(-1) === null) inputs.pop();
    const { outputs } = g.node(
      'EmbedLayerNormalization',
      inputs,
      { epsilon: float(1e-5) },
      { domain: 'com.microsoft', outputs: ['y', 'lengths', 'sum'] },
    );
    outputs.forEach((output) => g.output(output!));
  });
}

const options = { plan: { limits: { ids: 11, segment_ids: 2, position_ids: 9 } } };

describe('com.microsoft.EmbedLayerNormalization', () => {
  it('adds embeddings of words, positions and segments, and normalises', async () => {
    await expectDecomposed(embed({}), options);
    await expectDecomposed(embed({ rows: S }), options);
    await expectDecomposed(embed({ segments: false }), options);
  });
  it('counts what its mask keeps', async () => {
    await expectDecomposed(embed({ mask: true }), options);
  });
  it.each([[[B, S]], [[1, S]]])('looks positions %j up', async (positions) => {
    await expectDecomposed(embed({ positions, mask: true }), options);
  });
});
