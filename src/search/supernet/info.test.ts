import { describe, expect, it } from 'vitest';
import { readModel } from '../../onnx/read.ts';
import { writeModel } from '../../onnx/write.ts';
import { edgeCnn } from '../../samples/edge-cnn.ts';
import { setSupernet, supernetOf } from './info.ts';

const small = () => edgeCnn({ width: 2, layers: 1 });

describe('what a supernet says of itself', () => {
  it('is in its file, transforms to the last bit of float32', () => {
    const model = small();
    expect(supernetOf(model)).toBeNull();
    const matrix = [1.5, Math.fround(0.1), Math.fround(-3e-7), 0];
    setSupernet(model, { transforms: { y: { 3: matrix } } });
    const { model: again } = readModel(writeModel(model));
    expect(supernetOf(again)).toEqual({ transforms: { y: { 3: matrix } } });
    setSupernet(again, { transforms: {}, kinds: ['kernel', 'width'] });
    expect(supernetOf(again)?.kinds).toEqual(['kernel', 'width']);
    expect(JSON.parse(again.extras.metadataProps?.get('whittle.supernet') ?? '')).toMatchObject({
      version: 1,
      widths: 'first',
    });
  });

  it.each([['{'], ['{"version":2}'], ['{"version":1,"transforms":{"y":{"3":"?"}}}']])('%s is refused', (text) => {
    const model = small();
    model.extras = { ...model.extras, metadataProps: new Map([['whittle.supernet', text]]) };
    expect(() => supernetOf(model)).toThrow(/whittle\.supernet cannot be read .* train the supernet again/);
  });
});
