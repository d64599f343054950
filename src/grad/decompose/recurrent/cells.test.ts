import { describe, expect, it } from 'vitest';
import { float, floatsAttribute } from '../../../ir/attribute.ts';
import type { Attribute, Model } from '../../../ir/model.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import type { ValueId } from '../../../ir/types.ts';
import { buildModel, type AttributeInit, type GraphBuilder } from '../../../testing/build.ts';
import { expectDecomposed } from '../../../testing/decomposed.ts';
import { decompose } from '../decompose.ts';

const [S, B, I, H] = [4, 3, 5, 6];
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;

interface Form {
  readonly direction?: 'forward' | 'reverse' | 'bidirectional';
  readonly attributes?: Record<string, AttributeInit>;
  readonly bias?: boolean;
  /** Initial states are inputs. */
  readonly initial?: boolean;
  readonly peepholes?: boolean;
  readonly lengths?: readonly number[] | 'input';
  readonly steps?: number;
  /** Batch first. */
  readonly batchFirst?: boolean;
  readonly outputs?: readonly number[];
}

const strings = (values: readonly string[]): Attribute => ({
  type: 'strings',
  value: values.map((each) => new TextEncoder().encode(each)),
});

/** A layer whose outputs are all read; with `written`, batch first is written with transpositions around it. */
function layer(opType: keyof typeof GATES, form: Form = {}, written = false): Model {
  const { direction = 'forward', bias = true, initial = false, peepholes = false, steps = S, attributes = {} } = form;
  const [D, G] = [direction === 'bidirectional' ? 2 : 1, GATES[opType]];
  const swap = (g: GraphBuilder, x: ValueId): ValueId => (written ? g.op('Transpose', [x], { perm: [1, 0, 2] }) : x);
  return buildModel({ opset: 18, irVersion: 10 }, (g) => {
    const first = form.batchFirst ?? false;
    const state = (name: string): ValueId | null =>
      initial ? swap(g, g.input(name, first ? [B, D, H] : [D, B, H])) : null;
    const x = swap(g, g.input('x', first ? [B, steps, I] : [steps, B, I]));
    const inputs = [
      x,
      g.weight('w', [D, G * H, I]),
      g.weight('r', [D, G * H, H]),
      bias ? g.weight('b', [D, 2 * G * H]) : null,
      form.lengths === 'input'
        ? g.input('lengths', [B], 'int32')
        : form.lengths
          ? g.tensor('lengths', tensorOf('int32', [B], Int32Array.from(form.lengths)))
          : null,
      state('h0'),
      ...(opType === 'LSTM' ? [state('c0'), peepholes ? g.weight('p', [D, 3 * H]) : null] : []),
    ];
    while (inputs.at(-1) === null) inputs.pop();
    const names = ['y', 'y_h', ...(opType === 'LSTM' ? ['y_c'] : [])];
    const { outputs } = g.node(
      opType,
      inputs,
      { hidden_size: H, direction, ...(first && !written ? { layout: 1 } : {}), ...attributes },
      { outputs: names.map((name, i) => (form.outputs && !form.outputs.includes(i) ? null : name)) },
    );
    outputs.forEach((output, i) => {
      if (output === null) return;
      const perm = i === 0 ? [2, 0, 1, 3] : [1, 0, 2];
      g.output(written ? g.op('Transpose', [output], { perm }) : output, written ? `out${i}` : `out${i}`);
    });
  });
}

const expectUnrolled = (opType: keyof typeof GATES, form: Form = {}) => expectDecomposed(layer(opType, form));
const TYPES = Object.keys(GATES) as (keyof typeof GATES)[];

describe.each(TYPES)('%s', (opType) => {
  it.each(['forward', 'reverse', 'bidirectional'] as const)('is written out step by step, %s', async (direction) => {
    await expectUnrolled(opType, { direction });
    await expectUnrolled(opType, { direction, bias: false, initial: true });
    await expectUnrolled(opType, { direction, bias: false });
  });
  it('gives the outputs that are read', async () => {
    await expectUnrolled(opType, { outputs: [0] });
    await expectUnrolled(opType, { outputs: [1], initial: true });
  });
  it('takes a single step', async () => {
    await expectUnrolled(opType, { steps: 1 });
    await expectUnrolled(opType, { steps: 1, initial: true, direction: 'bidirectional' });
  });
  it('bounds what goes into its activations', async () => {
    await expectUnrolled(opType, { attributes: { clip: float(0.4) }, initial: true });
  });
  it('takes lengths that are those of all sequences', async () => {
    await expectUnrolled(opType, { lengths: [S, S, S] });
  });
  it('puts the batch first where it is asked to', async () => {
    const form: Form = { batchFirst: true, initial: true, direction: 'bidirectional' };
    await expectDecomposed(layer(opType, form), { reference: layer(opType, form, true) });
  });
  it('stays where sequences differ in length, or are long', () => {
    const reasons = (form: Form) => decompose(layer(opType, form)).left.map(({ reason }) => reason);
    expect(reasons({ lengths: [S, 2, S] })).toEqual(['its sequences are of different lengths']);
    expect(reasons({ lengths: 'input' })).toEqual(['the lengths of its sequences are not known']);
    expect(reasons({ steps: 1025 })).toEqual(['it takes 1025 steps, more than 1024']);
    const count = opType === 'LSTM' ? 3 : opType === 'GRU' ? 2 : 1;
    const activations = strings(Array.from({ length: count }, () => 'Swish'));
    expect(reasons({ attributes: { activations } })).toEqual(['its activation is Swish']);
  });
});

describe('activations of recurrent layers', () => {
  it.each(['Relu', 'Tanh', 'Sigmoid', 'Softsign', 'Softplus', 'Elu', 'HardSigmoid', 'LeakyRelu', 'ThresholdedRelu'])(
    'takes %s with its defaults',
    async (name) => {
      await expectUnrolled('RNN', { attributes: { activations: strings([name]) }, initial: true });
    },
  );
  it('hands α and β to those that have them, in their order', async () => {
    await expectUnrolled('LSTM', {
      initial: true,
      attributes: {
        activations: strings(['HardSigmoid', 'Affine', 'ScaledTanh']),
        activation_alpha: floatsAttribute([0.3, 0.8, 1.2]),
        activation_beta: floatsAttribute([0.4, 0.1, 0.7]),
      },
    });
    await expectUnrolled('GRU', {
      direction: 'bidirectional',
      initial: true,
      attributes: {
        activations: strings(['Sigmoid', 'LeakyRelu', 'hardsigmoid', 'Tanh']),
        activation_alpha: floatsAttribute([0.3, 0.25]),
        activation_beta: floatsAttribute([0.45]),
      },
    });
  });
});

describe('what only one of them has', () => {
  it('lets gates of an LSTM see the cell', async () => {
    await expectUnrolled('LSTM', { peepholes: true });
    await expectUnrolled('LSTM', { peepholes: true, initial: true, direction: 'bidirectional' });
    await expectUnrolled('LSTM', { peepholes: true, initial: true, attributes: { clip: float(0.5) } });
  });
  it('couples the gates of an LSTM', async () => {
    await expectUnrolled('LSTM', { initial: true, attributes: { input_forget: 1 } });
    await expectUnrolled('LSTM', { initial: true, peepholes: true, attributes: { input_forget: 1 } });
  });
  it('resets the state of a GRU after its product', async () => {
    for (const initial of [false, true]) {
      for (const bias of [false, true]) {
        const form: Form = { initial, bias, direction: 'bidirectional', attributes: { linear_before_reset: 1 } };
        await expectUnrolled('GRU', form);
      }
    }
    await expectUnrolled('GRU', { attributes: { linear_before_reset: 1, clip: float(0.4) }, initial: true });
  });
});
