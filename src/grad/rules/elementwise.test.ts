import { describe, expect, it } from 'vitest';
import { float } from '../../ir/attribute.ts';
import type { AttributeInit, GraphBuilder } from '../../testing/build.ts';
import { awayFromZero, between, checkGradients, expectRefusal, type Draw } from '../../testing/gradient-check.ts';
import { ELEMENTWISE_RULES } from './elementwise.ts';

type Shapes = readonly (readonly number[])[];
type Attributes = Readonly<Record<string, AttributeInit>>;

/** The operator on inputs a, b, c of some shapes. */
const operator =
  (opType: string, shapes: Shapes, attributes: Attributes = {}) =>
  (g: GraphBuilder): void => {
    const inputs = shapes.map((shape, i) => g.input('abc'[i] ?? '', shape));
    g.output(g.op(opType, inputs, attributes), 'y');
  };

/** A smooth one, on all that normal numbers reach. */
const SMOOTH = ['Neg', 'Identity', 'Exp', 'Erf', 'Sin', 'Cos', 'Atan', 'Sinh', 'Cosh', 'Asinh'] as const;
const ACTIVATIONS = ['Sigmoid', 'Tanh', 'Softplus', 'Softsign', 'Gelu', 'Mish'] as const;

/** Those with a kink, a pole or an edge, and where they are smooth. */
const BOUNDED: Readonly<Record<string, Draw>> = {
  Abs: awayFromZero(),
  Sqrt: between(0.2, 3),
  Reciprocal: awayFromZero(0.4, 2),
  Log: between(0.2, 3),
  Tan: between(-1.2, 1.2),
  Asin: between(-0.9, 0.9),
  Acos: between(-0.9, 0.9),
  Acosh: between(1.2, 3),
  Atanh: between(-0.9, 0.9),
  Relu: awayFromZero(),
  LeakyRelu: awayFromZero(),
  ThresholdedRelu: awayFromZero(1.1, 2),
  Elu: awayFromZero(),
  Selu: awayFromZero(),
  Celu: awayFromZero(),
  HardSigmoid: between(-2.4, 2.4),
  HardSwish: between(-2.9, 2.9),
};

/** With attributes, or beyond an edge. */
const VARIED: readonly (readonly [name: string, opType: string, attributes: Attributes, draw: Draw])[] = [
  ['slope 0.3', 'LeakyRelu', { alpha: 0.3 }, awayFromZero()],
  ['a negative slope', 'LeakyRelu', { alpha: -0.5 }, awayFromZero()],
  ['threshold 0.4, on both sides', 'ThresholdedRelu', { alpha: 0.4 }, awayFromZero(0.5, 2)],
  ['alpha 0.7', 'Elu', { alpha: 0.7 }, awayFromZero()],
  ['alpha 1.5 and gamma 0.8', 'Selu', { alpha: 1.5, gamma: 0.8 }, awayFromZero()],
  ['alpha 2.5', 'Celu', { alpha: 2.5 }, awayFromZero()],
  ['the tanh approximation', 'Gelu', { approximate: 'tanh' }, between(-3, 3)],
  ['alpha 0.5 and beta 0.4', 'HardSigmoid', { alpha: 0.5, beta: 0.4 }, between(-0.7, 1.1)],
  ['both flat ends', 'HardSigmoid', { alpha: float(1), beta: 0.5 }, awayFromZero(0.6, 3)],
  ['both ends', 'HardSwish', {}, awayFromZero(3.1, 5)],
];

const UNARY = [...SMOOTH, ...ACTIVATIONS, ...Object.keys(BOUNDED)];

/** Broadcast one way, the other, both at once, scalars, and not at all. */
const PAIRS: Shapes[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [
    [1, 1],
    [2, 1, 1],
  ],
];
const BINARY: Readonly<Record<string, Draw>> = {
  Add: between(-2, 2),
  Sub: between(-2, 2),
  Mul: between(-2, 2),
  Div: awayFromZero(0.5, 2),
  Pow: between(0.3, 2),
  Max: between(-2, 2),
  Min: between(-2, 2),
  Sum: between(-2, 2),
  Mean: between(-2, 2),
};

/** Covered by tests of their own. */
const OWN = ['Cast', 'PRelu', 'Clip', 'Where', 'Dropout'];

const named = (shapes: Shapes): string => shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ');

describe('gradients of elementwise operators', () => {
  it('are held against finite differences for every rule of the table', () => {
    expect([...UNARY, ...Object.keys(BINARY), ...OWN].sort()).toEqual(Object.keys(ELEMENTWISE_RULES).sort());
  });

  for (const opType of UNARY) {
    it(`are right for ${opType}`, async () => {
      const draw = BOUNDED[opType];
      const inputs = draw ? { inputs: { a: draw } } : {};
      const { gradients } = await checkGradients(operator(opType, [[2, 3, 5]]), inputs);
      expect(gradients.get('a')?.shape).toEqual([2, 3, 5]);
      await checkGradients(operator(opType, [[]]), inputs);
    });
  }

  for (const [name, opType, attributes, draw] of VARIED) {
    it(`are right for ${opType} with ${name}`, async () => {
      await checkGradients(operator(opType, [[3, 8]], attributes), { inputs: { a: draw } });
    });
  }

  for (const [opType, draw] of Object.entries(BINARY)) {
    it(`are right for ${opType}, however its operands broadcast`, async () => {
      for (const shapes of PAIRS) {
        const { gradients } = await checkGradients(operator(opType, shapes), { inputs: { a: draw, b: draw } });
        expect([gradients.get('a')?.shape, gradients.get('b')?.shape], named(shapes)).toEqual(shapes);
      }
    });
  }

  for (const opType of ['Max', 'Min', 'Sum', 'Mean']) {
    it(`are right for ${opType} of one and of three operands`, async () => {
      await checkGradients(operator(opType, [[2, 3]]));
      await checkGradients(operator(opType, [[2, 3], [3], [4, 1, 1]]));
    });
  }

  it('share what flows to a maximum between equal operands', async () => {
    const { gradients } = await checkGradients(operator('Max', [[2], [2]]), { inputs: { a: [1, 3], b: [1, 2] } });
    const [a, b] = [gradients.get('a')?.data, gradients.get('b')?.data];
    expect(a?.[0]).toBe(b?.[0]);
    expect(b?.[1]).toBe(0);
  });

  it('reach an operand that is used twice from both sides', async () => {
    await checkGradients((g) => {
      const x = g.input('x', [2, 3]);
      g.output(g.op('Mul', [x, g.op('Tanh', [g.op('Mul', [x, x])])]), 'y');
    });
  });

  for (const exponent of [1, 2, 3, 0.5, -1.5, 4]) {
    it(`are right for Pow by ${exponent}, as a number and as a vector of one`, async () => {
      for (const shape of [[], [1]]) {
        const build = (g: GraphBuilder) =>
          g.output(g.op('Pow', [g.input('x', [2, 3]), g.floats('exponent', shape, exponent)]), 'y');
        await checkGradients(build, { inputs: { x: between(0.3, 2) }, fixed: ['exponent'] });
        await checkGradients(build, { inputs: { x: between(0.3, 2) } });
      }
    });
  }

  it('are right for whole powers of negative numbers, the exponent being an integer or not', async () => {
    const square = (g: GraphBuilder) => g.output(g.op('Pow', [g.input('x', [6]), g.floats('two', [], 2)]), 'y');
    await checkGradients(square, { fixed: ['two'] });
    for (const exponent of [2, 3, 4]) {
      const build = (g: GraphBuilder) =>
        g.output(g.op('Pow', [g.input('x', [2, 3]), g.int64s('exponent', [exponent], [])]), 'y');
      await checkGradients(build, { inputs: { x: awayFromZero() } });
    }
  });

  it('are right for Pow whose exponent is computed, of whole numbers or not', async () => {
    await checkGradients((g) => g.output(g.op('Pow', [g.input('x', [2, 3]), g.op('Exp', [g.input('e', [3])])]), 'y'), {
      inputs: { x: between(0.3, 2) },
    });
    await checkGradients((g) => g.output(g.op('Pow', [g.input('x', [2, 3]), g.input('e', [3], 'int64')]), 'y'), {
      inputs: { x: awayFromZero(0.5, 2), e: [0, 1, 3] },
    });
  });

  it('are right for PRelu, whose slope repeats itself', async () => {
    for (const slope of [[2, 3, 4], [3, 1], [1], []]) {
      await checkGradients((g) => g.output(g.op('PRelu', [g.input('x', [2, 3, 4]), g.weight('slope', slope)]), 'y'), {
        inputs: { x: awayFromZero() },
      });
    }
  });

  for (const [name, low, high] of [
    ['none', null, null],
    ['a lower one', -0.5, null],
    ['an upper one', null, 0.7],
    ['both', -0.5, 0.7],
  ] as const) {
    it(`are right for Clip with bounds: ${name}`, async () => {
      const bound = (g: GraphBuilder, value: number | null, label: string) =>
        value === null ? null : g.floats(label, [], value);
      const { gradients } = await checkGradients((g) =>
        g.output(g.op('Clip', [g.input('x', [4, 5]), bound(g, low, 'low'), bound(g, high, 'high')]), 'y'),
      );
      expect([...gradients.keys()].length).toBe(1 + Number(low !== null) + Number(high !== null));
    });
  }

  it('are right for Where, with whatever is broadcast', async () => {
    const condition = (size: number) => Array.from({ length: size }, (_, i) => Number(i % 3 === 0));
    for (const [c, a, b] of [
      [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      [[3], [2, 3], []],
      [[2, 1], [3], [2, 3]],
      [
        [4, 1, 1],
        [1, 3],
        [2, 1],
      ],
      [[], [2], [2]],
    ] as const) {
      const build = (g: GraphBuilder) =>
        g.output(g.op('Where', [g.input('condition', c, 'bool'), g.input('a', a), g.input('b', b)]), 'y');
      const size = c.reduce((product: number, each) => product * each, 1);
      await checkGradients(build, { inputs: { condition: condition(size) } });
    }
  });

  it('pass Cast between floats and stop at one to whole numbers', async () => {
    await checkGradients((g) => g.output(g.op('Cast', [g.input('x', [3])], { to: 1 }), 'y'));
    const { gradients } = await checkGradients(
      (g) => {
        const x = g.input('x', [3]);
        const whole = g.op('Cast', [g.op('Cast', [x], { to: 7 })], { to: 1 });
        g.output(g.op('Mul', [x, whole]), 'y');
      },
      { inputs: { x: [1.3, 2.6, -1.4] } },
    );
    expect(gradients.get('x')?.shape).toEqual([3]);
  });

  it('pass Dropout where it drops nothing, and are refused where it does', async () => {
    const training = (value: number) => (g: GraphBuilder) => {
      const ratio = g.floats('ratio', [], 0.5);
      const mode = g.op('Cast', [g.int64s('mode', [value], [])], { to: 9 });
      g.output(g.op('Dropout', [g.input('x', [2, 3]), ratio, mode], {}, { name: 'drop' }), 'y');
    };
    await checkGradients(operator('Dropout', [[2, 3]]));
    await checkGradients(training(0), { fixed: ['ratio'] });
    expectRefusal(training(1), /No gradient passes Dropout drop: it is in training mode/, { fixed: ['ratio'] });
  });
});
