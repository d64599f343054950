import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../base/random.ts';
import { Optimizer, OPTIMIZER, type OptimizerSettings } from './optimizer.ts';

const plain: OptimizerSettings = { ...OPTIMIZER, weightDecay: 0, clip: null };
const tensor = (data: readonly number[], decays = true) => ({ name: 'w', data: Float32Array.from(data), decays });

/** f = ½ Σ aᵢ·(wᵢ − tᵢ)², whose gradient is a·(w − t). */
const BOWL = { a: [1, 4, 0.5], t: [3, -1, 2] };
const gradientOf = (data: Float32Array): Float32Array => data.map((w, i) => BOWL.a[i]! * (w - BOWL.t[i]!));

describe('an optimizer', () => {
  it.each(['sgd', 'adamw'] as const)('%s finds the bottom of a bowl', (kind) => {
    const w = tensor([0, 0, 0]);
    const optimizer = new Optimizer([w], { ...plain, kind });
    for (let i = 0; i < 600; i++) optimizer.step([gradientOf(w.data)], kind === 'sgd' ? 0.05 : 0.05 * (1 - i / 600));
    w.data.forEach((each, i) => expect(each).toBeCloseTo(BOWL.t[i]!, 2));
  });

  it('SGD goes as the formula says', () => {
    const w = tensor([1, -2]);
    const optimizer = new Optimizer([w], { ...plain, kind: 'sgd', momentum: 0.5 });
    optimizer.step([Float32Array.of(0.2, 0.4)], 0.1);
    optimizer.step([Float32Array.of(0.2, 0.4)], 0.1);
    // Velocities 0.2, 0.3 and 0.4, 0.6.
    expect(w.data[0]).toBeCloseTo(1 - 0.1 * 0.2 - 0.1 * 0.3, 6);
    expect(w.data[1]).toBeCloseTo(-2 - 0.1 * 0.4 - 0.1 * 0.6, 6);
  });

  it('the first step of AdamW is the rate, whatever the gradient', () => {
    const w = tensor([1, 1, 1]);
    new Optimizer([w], plain).step([Float32Array.of(1e-3, -5, 40)], 0.01);
    expect([...w.data].map((each) => Math.round(each * 1e4))).toEqual([9900, 10100, 9900]);
  });

  it('decay takes from weights and not from biases', () => {
    const [weight, bias] = [tensor([2]), tensor([2], false)];
    const optimizer = new Optimizer([weight, bias], { ...plain, kind: 'sgd', weightDecay: 0.5 });
    optimizer.step([Float32Array.of(0), Float32Array.of(0)], 0.1);
    expect(weight.data[0]).toBeCloseTo(2 * (1 - 0.05), 6);
    expect(bias.data[0]).toBe(2);
  });

  it('long gradients are cut to length, all together', () => {
    const [a, b] = [tensor([0]), tensor([0])];
    const optimizer = new Optimizer([a, b], { ...plain, kind: 'sgd', momentum: 0, clip: 1 });
    expect(optimizer.step([Float32Array.of(30), Float32Array.of(40)], 1)).toBe(50);
    expect(a.data[0]).toBeCloseTo(-0.6, 6);
    expect(b.data[0]).toBeCloseTo(-0.8, 6);
  });

  it('a gradient that is no number moves nothing, and is told', () => {
    const w = tensor([1]);
    expect(new Optimizer([w], plain).step([Float32Array.of(NaN)], 0.1)).toBeNaN();
    expect(w.data[0]).toBe(1);
  });

  it('the average follows the weights', () => {
    const w = tensor([0]);
    const optimizer = new Optimizer([w], { ...plain, kind: 'sgd', momentum: 0, average: 0.9 });
    for (let i = 0; i < 200; i++) optimizer.step([Float32Array.of(w.data[0]! - 5)], 0.2);
    expect(optimizer.averaged(0)[0]).toBeCloseTo(5, 2);
    expect(optimizer.averaged(0)).not.toBe(w.data);
  });

  it('goes on from its state as if it had never stopped', () => {
    const draw = normal(seeded(3));
    const gradients = Array.from({ length: 12 }, () => [Float32Array.from({ length: 5 }, draw)]);
    const settings = { ...OPTIMIZER, average: 0.99 };
    const whole = tensor([1, 2, 3, 4, 5]);
    const first = new Optimizer([whole], settings);
    gradients.slice(0, 6).forEach((each) => first.step(each, 0.1));
    const again = { ...whole, data: whole.data.slice() };
    const second = new Optimizer([again], settings);
    second.restore(first.state());
    gradients.slice(6).forEach((each) => (first.step(each, 0.1), second.step(each, 0.1)));
    expect([...again.data]).toEqual([...whole.data]);
    expect([...second.averaged(0)]).toEqual([...first.averaged(0)]);
  });
});
