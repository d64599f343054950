import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { SPACE_REQUEST } from '../defaults.ts';
import { searchSpace } from '../space.ts';
import { stepsOf } from '../subnet.ts';
import { supernetFrom, trainedSupernet } from './network.ts';

const opened = edgeCnn({ width: 4, layers: 2 });
const made = (kinds: typeof SPACE_REQUEST.kinds, shares: readonly number[]): Model =>
  trainedSupernet(supernetFrom(opened, { ...SPACE_REQUEST, kinds, shares }), {});

describe('a supernet, once it is trained', () => {
  it('is searched among what was trained alone', () => {
    const model = made(['width'], [0.5, 1]);
    const { genes } = searchSpace(model, analyze(model));
    const searched = genes.filter(({ spared }) => spared === null);
    expect(searched.length).toBeGreaterThan(6);
    for (const { kind, choices, labels } of searched) {
      expect([kind, choices.length, labels.length]).toEqual(['width', 2, 2]);
      expect(choices[1]).toBe(1);
    }
    const left = new Set(genes.filter(({ kind }) => kind !== 'width').map(({ spared }) => spared));
    expect([...left]).toEqual(['it was not trained']);
  });

  it('is sliced as it was trained: the first channels stay, kernels come by its maps', () => {
    const model = made(['width', 'kernel'], [0.5, 1]);
    const space = searchSpace(model, analyze(model));
    const steps = stepsOf(
      space,
      space.genes.map(({ spared, choices }) => (spared === null ? 0 : choices.length - 1)),
    );
    expect(steps.map(({ pass }) => pass)).toEqual(['shrink-kernels', 'prune-channels']);
    const [kernels, channels] = steps.map(({ options }) => options as Record<string, Record<string, object>>);
    expect(channels!['importance']).toBe('order');
    const sizes = Object.entries(kernels!['transforms']!).map(([conv, matrices]) => [
      /stages\.\d/.exec(conv)?.[0],
      Object.keys(matrices).join(),
    ]);
    expect(sizes).toEqual([
      ['stages.0', '3'],
      ['stages.1', '3,5'],
      ['stages.1', '3,5'],
      ['stages.2', '3'],
      ['stages.2', '3'],
    ]);
  });

  it('goes on learning with its channels where they are, and its maps as they were', () => {
    const request = { ...SPACE_REQUEST, kinds: ['width', 'kernel'] as const };
    const net = supernetFrom(opened, request);
    const [{ conv, transforms } = { conv: '', transforms: [] }] = net.masked.kernels;
    const [{ size, value } = { size: 0, value: 0 as ValueId }] = transforms;
    const matrix = Float32Array.from({ length: size ** 4 }, (_, i) => i / 8);
    const { model, masked } = supernetFrom(
      trainedSupernet(net, { [net.masked.model.getValue(value).name]: matrix }),
      request,
    );
    const again = masked.kernels.find((each) => each.conv === conv)?.transforms.find((each) => each.size === size);
    expect(masked.model.graph.initializers.get(again!.value)!.numbers()).toEqual(matrix);
    for (const [id, tensor] of net.model.graph.initializers) {
      expect(model.graph.initializers.get(id)!.numbers()).toEqual(tensor.numbers());
    }
  });
});
