import { analyze } from '../analysis/analyze.ts';
import type { BenchRequest, BenchResult, KernelTime, Profile } from '../bench/types.ts';
import type { Parcel, RuntimePort } from '../engine/ports.ts';
import type { Model } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { readModel } from '../onnx/read.ts';
import { buildModel } from './build.ts';
import { QUIET, timingOf } from './timing.ts';

/** conv 3→8, depthwise 8, conv 1×1 8→16, conv 1×1 16→4: groups of 8 and of 16 channels. */
export function mobileBlock(): Model {
  return buildModel({ seed: 4 }, (g) => {
    const conv = (x: ValueId, name: string, shape: readonly number[], group = 1): ValueId => {
      const pad = shape[2] === 3 ? 1 : 0;
      const attributes = { group, pads: [pad, pad, pad, pad], kernel_shape: [shape[2]!, shape[2]!] };
      return g.op('Conv', [x, g.weight(`${name}.weight`, shape)], attributes, { outputs: [name] });
    };
    const stem = g.op('Relu', [conv(g.input('x', [1, 3, 16, 16]), 'stem', [8, 3, 3, 3])]);
    const deep = conv(stem, 'deep', [8, 1, 3, 3], 8);
    const wide = g.op('Sigmoid', [conv(deep, 'wide', [16, 8, 1, 1])]);
    g.output(conv(wide, 'last', [4, 16, 1, 1]), 'y', { shape: [1, 4, 16, 16] });
  });
}

/** What a kernel takes on the made-up device, ms: its MACs, what it writes, and some time to start. */
export const madeUpTime = (macs: number, written: number): number => macs * 2e-5 + written * 1e-5 + 0.02;

/** Every node's time on the made-up device, ms. */
export function madeUpTimes(model: Model): { readonly node: string; readonly op: string; readonly ms: number }[] {
  const analysis = analyze(model);
  return analysis.order.map((node) => {
    const { macs, activationBytes } = analysis.cost(node);
    return { node: node.name, op: node.opType, ms: madeUpTime(macs ?? 0, activationBytes ?? 0) };
  });
}

const timeOf = ({ bytes }: Parcel): number => madeUpTimes(readModel(bytes).model).reduce((sum, { ms }) => sum + ms, 0);

/** The runtime's measurements on the made-up device; `noise` multiplies every time of a cut model. */
export const madeUpDevice = (noise: () => number = () => 1): Pick<RuntimePort, 'bench' | 'profile'> => ({
  bench(a, b, request) {
    const [whole, cut] = [timeOf(a), b ? timeOf(b) * noise() : NaN];
    return Promise.resolve(resultOf(whole, cut, request));
  },
  profile(model, { backend, level, threads }): Promise<Profile> {
    const kernels = madeUpTimes(readModel(model.bytes).model).map((each): KernelTime => ({
      ...each,
      provider: 'made up',
      least: each.ms,
      calls: 1,
      inputs: [],
      outputs: [],
    }));
    const told = { software: false, clock: 'processor', timeline: [], inputs: {} } as const;
    return Promise.resolve({ backend, level, threads, runs: 3, ms: timeOf(model), kernels, ...told });
  },
});

function resultOf(a: number, b: number, { backend, level, threads }: BenchRequest): BenchResult {
  const timing = (ms: number) => timingOf([ms, ms, ms], { firstRunMs: ms });
  const ratio = a / b;
  return {
    backend,
    level,
    threads,
    a: timing(a),
    b: timing(b),
    ratio,
    interval: [ratio, ratio],
    verdict: 'no change',
    conditions: QUIET,
    software: false,
    message: '',
  };
}
