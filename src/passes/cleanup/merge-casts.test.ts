import { describe, expect, it } from 'vitest';
import type { Model } from '../../ir/model.ts';
import { DATA_TYPES, type DataType, type ValueId } from '../../ir/types.ts';
import { readModel } from '../../onnx/read.ts';
import { literal } from '../../rewrite/literal.ts';
import { buildModel, type BuildOptions, type GraphBuilder } from '../../testing/build.ts';
import { expectEquivalent } from '../../testing/equivalent.ts';
import { afterPass, countOps, sitesOf } from '../../testing/passes.ts';
import { haveShared, sharedFile } from '../../testing/shared.ts';
import { isLossless, lossRefusal } from './lossless.ts';
import { mergeCasts as pass } from './merge-casts.ts';

const to = (type: DataType) => ({ to: DATA_TYPES.indexOf(type) });

/** x, a small whole number where `types[0]` is one, converted from type to type. */
const chain = (types: readonly DataType[], options: BuildOptions = {}): Model =>
  buildModel(options, (g) => {
    const [from = 'float32', ...rest] = types;
    const x = g.op('Add', [g.input('x', [3, 5], from), g.input('z', [3, 5], from)]);
    g.output(
      rest.reduce((value, type) => g.op('Cast', [value], to(type)), x),
      'y',
    );
  });

async function expectCasts(before: Model, casts: number, verify = true): Promise<void> {
  const { model: after } = await afterPass(before, pass);
  expect(countOps(after)['Cast'] ?? 0).toBe(casts);
  if (verify) await expectEquivalent(before, after, { class: 'bits', seeds: 2 });
}

async function expectKept(before: Model, reason: RegExp): Promise<void> {
  const { sites, refusals } = await sitesOf(before, pass);
  expect(sites).toEqual([]);
  expect(refusals.map((each) => each.reason).join(' ')).toMatch(reason);
}

describe('merge-casts', () => {
  it('starts from the first type where the one between keeps every value', async () => {
    await expectCasts(chain(['float32', 'float64', 'float16']), 1, false);
    await expectCasts(chain(['int32', 'int64', 'float32']), 1);
    await expectCasts(chain(['int32', 'float64', 'int64']), 1);
    await expectCasts(chain(['int64', 'bool', 'int32', 'float32', 'int64']), 2);
    await expectCasts(chain(['int32', 'int64', 'uint8']), 1);
  });

  it('removes two that lead back, and keeps one between an input and an output', async () => {
    await expectCasts(chain(['int32', 'int64', 'int32']), 0);
    await expectCasts(chain(['float32', 'float64', 'float32']), 0);
    const ends = buildModel({}, (g) =>
      g.output(g.op('Cast', [g.op('Cast', [g.input('x', [3])], to('float64'))], to('float32')), 'y'),
    );
    await expectCasts(ends, 1);
  });

  it('keeps what loses something on the way', async () => {
    await expectKept(chain(['float32', 'int64', 'float32']), /float32 may lose something as int64/);
    await expectKept(chain(['int64', 'int32', 'int64']), /int64 may lose something as int32/);
    await expectKept(chain(['float32', 'float16', 'float32']), /may lose/);
    await expectKept(chain(['int32', 'float32', 'int32']), /may lose/);
    await expectKept(chain(['int16', 'float32', 'int8']), /out of the range of int8/);
    await expectKept(chain(['float32', 'float64', 'int32']), /no defined result/);
    await expectKept(chain(['float32', 'float64', 'string']), /not looked at/);
  });

  it('reads CastLike by the type of what it follows', async () => {
    const before = (like: DataType) =>
      buildModel({}, (g) => {
        const x = g.op('Neg', [g.input('x', [3], 'int32')]);
        const first = g.op('CastLike', [x, g.tensor('like', literal(like, [1], [0])!)]);
        g.output(g.op('Abs', [g.op('Cast', [first], to('int32'))]), 'y');
      });
    const { model: after } = await afterPass(before('float64'), pass);
    expect(countOps(after)).toEqual({ Neg: 1, Abs: 1 });
    await expectEquivalent(before('float64'), after, { class: 'bits', seeds: 1 });
    await expectKept(before('float32'), /may lose/);
  });

  it('frees a first one of which every reader can start earlier, or skips it on the way back', async () => {
    const shared = (more: (g: GraphBuilder, wide: ValueId) => void, last: DataType) =>
      buildModel({}, (g) => {
        const x = g.op('Neg', [g.input('x', [3], 'int32')]);
        const wide = g.op('Cast', [x], to('int64'));
        g.output(g.op('Cast', [wide], to('float32')), 'a');
        g.output(g.op('Abs', [g.op('Cast', [wide], to(last))]), 'b');
        more(g, wide);
      });
    await expectCasts(
      shared(() => {}, 'float32'),
      2,
    );
    const also = (g: GraphBuilder, wide: ValueId) => g.output(g.op('Neg', [wide]), 'c');
    await expectCasts(shared(also, 'int32'), 2);
    await expectKept(shared(also, 'float32'), /read by Cast/);
  });

  it('knows what holds what', () => {
    expect(isLossless('uint8', 'bfloat16')).toBe(true);
    expect(isLossless('uint16', 'float16')).toBe(false);
    expect(isLossless('float16', 'bfloat16')).toBe(false);
    expect(isLossless('int64', 'float64')).toBe(false);
    expect(lossRefusal('float16', 'float32', 'int32')).toBeNull();
    expect(lossRefusal('float16', 'float64', 'int32')).toMatch(/no defined result/);
    expect(lossRefusal('bool', 'float16', 'int8')).toBeNull();
  });

  it.skipIf(!haveShared())('leaves the trap', async () => {
    await expectKept(readModel(sharedFile('micro/traps/cast_chain_lossy.onnx')).model, /may lose/);
  });
});
