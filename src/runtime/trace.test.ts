import { expect, test } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { tinyModel } from '../testing/tiny.ts';
import { nodeRuntime } from './node.ts';
import { captureConsole, captureWrites } from './output.ts';
import { readTrace } from './trace.ts';

test('kernels are told by run, with their times in ms', () => {
  const trace = `[
{"cat" : "Session","dur" :900,"name" :"session_initialization","args" : {}},
{"cat" : "Node","dur" :250,"ts":1100,"name" :"conv1_kernel_time","args" : {"op_name" : "Conv","provider" : "CPUExecutionProvider","node_index":"3","input_type_shape":[{"float":[1,3]}],"output_type_shape":[{"float":[1,4]}]}},
{"cat" : "Session","dur" :400,"ts":1000,"name" :"model_run","args" : {}},
{"cat" : "Session","dur" :300,"name" :"model_run","args" : {}}
]`;
  expect(readTrace(trace)).toEqual([
    {
      ms: 0.4,
      kernels: [
        {
          node: 'conv1',
          op: 'Conv',
          provider: 'CPUExecutionProvider',
          index: 3,
          ms: 0.25,
          start: 0.1,
          span: 0.25,
          gpuMs: null,
          inputs: [{ dtype: 'float', shape: [1, 3] }],
          outputs: [{ dtype: 'float', shape: [1, 4] }],
        },
      ],
    },
    { ms: 0.3, kernels: [] },
  ]);
});

const entry = (cat: string, name: string, ts: number, dur: number, op = ''): string =>
  JSON.stringify({ cat, name, ts, dur, args: { op_name: op } });

test('what runs inside of a node is not counted twice, however deep', () => {
  const trace = [
    entry('Node', 'before_kernel_time', 0, 10, 'Relu'),
    entry('Node', 'inner_kernel_time', 30, 5, 'Add'),
    entry('Node', 'middle_kernel_time', 25, 15, 'Loop'),
    entry('Node', 'beside_kernel_time', 45, 20, 'Mul'),
    entry('Node', 'outer_kernel_time', 20, 60, 'If'),
    entry('Session', 'model_run', 0, 100),
  ];
  const [run] = readTrace(`[${trace.join(',')}]`);
  expect(run?.kernels.map(({ node, ms, span }) => [node, ms, span])).toEqual([
    ['before', 0.01, 0.01],
    ['inner', 0.005, 0.005],
    ['middle', 0.01, 0.015],
    ['beside', 0.02, 0.02],
    ['outer', 0.025, 0.06],
  ]);
});

test('times of the graphics card stand behind all runs, and what the first run does once is left out', () => {
  const run = [entry('Node', 'a_kernel_time', 1, 900, 'Conv'), entry('Session', 'model_run', 0, 1000)];
  const programs = [
    entry('Api', 'a&Conv&Transpose', 1, 70),
    ...[30, 40].flatMap((us) => [entry('Api', 'a&Conv&Conv2dMM', 1, us), entry('Api', 'a&Conv&Bias', 1, 2)]),
  ];
  const runs = readTrace(`[${[...run, ...run, ...programs].join(',')}]`);
  expect(runs.map(({ kernels }) => kernels.map(({ gpuMs }) => gpuMs))).toEqual([[0.032], [0.042]]);
});

test('a trace that breaks off is refused', () => {
  expect(() => readTrace('[{"cat" : "Node"')).toThrow('profile could not be read');
});

test('a session that profiles tells every kernel of every run, and prints nothing', async () => {
  const session = await nodeRuntime().createSession(writeModel(tinyModel()), {
    backend: 'wasm',
    level: 'disabled',
    threads: 1,
    profile: true,
  });
  const feeds = { x: { dtype: 'float32', shape: [1, 3, 8, 8], data: new Float32Array(192) } } as const;
  await session.run(feeds);
  await session.run(feeds);
  const runs = await session.endProfile();
  await session.release();
  expect(runs.map((run) => run.kernels.map((kernel) => kernel.op))).toEqual([
    ['Conv', 'BatchNormalization', 'Relu'],
    ['Conv', 'BatchNormalization', 'Relu'],
  ]);
  for (const run of runs) {
    const kernels = run.kernels.reduce((sum, kernel) => sum + kernel.ms, 0);
    expect(kernels).toBeLessThanOrEqual(run.ms);
  }
});

test('what is printed outside of a capture is printed as ever', () => {
  const printed: string[] = [];
  const console = { log: (...words: unknown[]) => void printed.push(words.join(' ')) };
  const capture = captureConsole(console);
  console.log('before');
  const end = capture();
  console.log('within', 1);
  expect(end()).toBe('within 1');
  console.log('after');
  expect(printed).toEqual(['before', 'after']);
});

test('writes to other files than standard output and standard error are let through', () => {
  const written: number[] = [];
  const fs = { writeSync: (fd: number, _text: string): number => written.push(fd) };
  const capture = captureWrites(fs);
  const end = capture();
  fs.writeSync(1, 'trace');
  fs.writeSync(2, 'log');
  fs.writeSync(3, 'file');
  expect(end()).toBe('trace\nlog');
  fs.writeSync(2, 'error');
  expect(written).toEqual([3, 2]);
});
