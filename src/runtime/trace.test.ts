import { expect, test } from 'vitest';
import { writeModel } from '../onnx/write.ts';
import { tinyModel } from '../testing/tiny.ts';
import { nodeRuntime } from './node.ts';
import { captureConsole, captureWrites } from './output.ts';
import { readTrace } from './trace.ts';

test('kernels are told by run, with their times in ms', () => {
  const trace = `[
{"cat" : "Session","dur" :900,"name" :"session_initialization","args" : {}},
{"cat" : "Node","dur" :250,"name" :"conv1_kernel_time","args" : {"op_name" : "Conv","provider" : "CPUExecutionProvider"}},
{"cat" : "Session","dur" :400,"name" :"model_run","args" : {}},
{"cat" : "Session","dur" :300,"name" :"model_run","args" : {}}
]`;
  expect(readTrace(trace)).toEqual([
    { ms: 0.4, kernels: [{ node: 'conv1', op: 'Conv', provider: 'CPUExecutionProvider', ms: 0.25 }] },
    { ms: 0.3, kernels: [] },
  ]);
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
