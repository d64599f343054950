// A training step against the forward pass of the same model, on WASM with one thread and two, and on native ONNX
// Runtime where `onnxruntime-node` is installed. Sessions take turns; medians. Asked for: forward and backward within
// 3.5 times the forward pass; two threads 1.3 times as fast where two cores are free.
import { loadavg } from 'node:os';
import { withSource } from './source.mjs';
import { trainSubjects } from './train-subjects.mjs';

const ROUNDS = 40;
/** ms; WASM is twice as fast once its optimizing compiler is done. */
const WARM_UP = 2500;

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Runs in turn, each in both places of a pair: what the machine does beside them meets all alike. */
async function interleaved(runs) {
  const times = runs.map(() => []);
  for (const run of runs) {
    const until = performance.now() + WARM_UP;
    while (performance.now() < until) await run();
  }
  for (let round = 0; round < ROUNDS; round++) {
    const order = runs.map((_, i) => i);
    if (round % 2 === 1) order.reverse();
    for (const i of order) {
      const start = performance.now();
      await runs[i]();
      times[i].push(performance.now() - start);
    }
  }
  return times.map(median);
}

/** The forward model as it is deployed, the step's gradients, and the whole step with its optimizer. */
async function sessions(whittle, runtime, subject, settings) {
  const { model, step, inputs, feeds, tensors, statistics } = subject;
  const { writeModel, Stepper, OPTIMIZER, job } = whittle;
  const forward = await runtime.createSession(writeModel(model), settings, job);
  const session = await runtime.createSession(writeModel(step.model), settings, job);
  const weights = Object.fromEntries(
    tensors.map(({ name, shape, data }) => [name, { dtype: 'float32', shape, data: data.slice() }]),
  );
  const copy = (each) => ({ ...each, data: each.data.slice() });
  const stepper = new Stepper(session, {
    tensors: tensors.map(copy),
    statistics: statistics.map((each) => ({
      ...each,
      runningMean: copy(each.runningMean),
      runningVariance: copy(each.runningVariance),
    })),
    total: whittle.TOTAL,
    losses: step.losses.map(({ output }) => output),
    optimizer: OPTIMIZER,
    sparsity: null,
  });
  return {
    runs: [
      () => forward.run(inputs),
      () => session.run({ ...inputs, ...feeds, ...weights }),
      () => stepper.steps([{ feeds: { ...inputs, ...feeds }, rate: 1e-4 }], job),
    ],
    release: () => Promise.all([forward.release(), session.release()]),
  };
}

/** Writes the step of a subject, with the arrays that its optimizer moves. */
function prepared(whittle, subject) {
  const { model, loss } = subject;
  const trained = whittle.parametersOf(model).filter(({ trains }) => trains);
  const step = whittle.writeTrainingStep(model.clone(), {
    backend: 'wasm',
    losses: [loss],
    trained: new Set(trained.map(({ value }) => value)),
    batchNorm: 'batch',
  });
  const roles = new Map(trained.map(({ value, role }) => [value, role]));
  const held = (value) => Float32Array.from(model.graph.initializers.get(value).numbers());
  const named = (value) => ({ name: model.getValue(value).name, data: held(value) });
  const tensors = step.parameters.map(({ name, shape, gradient, value }) => {
    return { name, shape, gradient, data: held(value), decays: roles.get(value) === 'weight' };
  });
  const statistics = step.statistics.map(({ runningMean, runningVariance, ...rest }) => {
    return { ...rest, runningMean: named(runningMean), runningVariance: named(runningVariance) };
  });
  const parameters = tensors.reduce((sum, { data }) => sum + data.length, 0);
  return { ...subject, step, tensors, statistics, parameters };
}

/** Where the time of a step goes, by operator. */
async function kernels(whittle, subject, say) {
  const settings = { backend: 'wasm', level: 'all', threads: 1, profile: true };
  const { step, inputs, feeds, tensors } = subject;
  const session = await whittle.nodeRuntime().createSession(whittle.writeModel(step.model), settings, whittle.job);
  const weights = Object.fromEntries(tensors.map(({ name, shape, data }) => [name, { dtype: 'float32', shape, data }]));
  const until = performance.now() + WARM_UP;
  let done = 0;
  while (done < 2 * ROUNDS || performance.now() < until) {
    await session.run({ ...inputs, ...feeds, ...weights });
    done++;
  }
  const runs = (await session.endProfile()).slice(-ROUNDS);
  await session.release();
  const found = new Map();
  for (const { kernels } of runs) {
    for (const { op, ms } of kernels) {
      const known = found.get(op) ?? { count: 0, ms: 0 };
      found.set(op, { count: known.count + 1 / runs.length, ms: known.ms + ms / runs.length });
    }
  }
  const rows = [...found].map(([op, { count, ms }]) => ({ op, count, ms })).sort((a, b) => b.ms - a.ms);
  const told = rows.slice(0, 8).map(({ op, count, ms }) => `${op} ${ms.toFixed(1)} ms in ${Math.round(count)}`);
  say(`train-steps  ${subject.name}: kernels of a step: ${told.join(', ')}`);
  return rows;
}

async function measure(whittle, subject, say) {
  const load = loadavg()[0];
  const common = { backend: 'wasm', level: 'all' };
  const one = await sessions(whittle, whittle.nodeRuntime(), subject, { ...common, threads: 1 });
  const two = await sessions(whittle, whittle.nodeRuntime(), subject, { ...common, threads: 2 });
  const times = await interleaved([...one.runs, ...two.runs]);
  await one.release();
  await two.release();
  const [forward, gradients, step, , gradients2, step2] = times;
  const row = { model: subject.name, parameters: subject.parameters, load, forward, gradients, step };
  const ratio = gradients / forward;
  say(
    `train-steps  ${subject.name}, ${subject.parameters} parameters, ${subject.what}, one thread: forward ${forward.toFixed(1)} ms, forward and backward ${gradients.toFixed(1)} ms (${ratio.toFixed(2)}x), with optimizer ${step.toFixed(1)} ms; load ${load.toFixed(1)}`,
  );
  const scaling = gradients / gradients2;
  say(
    `train-steps  ${subject.name}, two threads: forward and backward ${gradients2.toFixed(1)} ms (${scaling.toFixed(2)}x as fast), with optimizer ${step2.toFixed(1)} ms`,
  );
  return { ...row, ratio, gradients2, step2, scaling };
}

/** Null where there is no native runtime. */
async function againstNative(whittle, subject, say) {
  const settings = (backend) => ({ backend, level: 'all', threads: 1 });
  let native;
  try {
    native = await sessions(whittle, whittle.nativeRuntime(), subject, settings('native'));
  } catch (error) {
    if (error.code !== 'unsupported') throw error;
    say(`train-steps  ${subject.name}: ${error.message}`);
    return null;
  }
  const wasm = await sessions(whittle, whittle.nodeRuntime(), subject, settings('wasm'));
  const times = await interleaved([...wasm.runs.slice(0, 2), ...native.runs.slice(0, 2)]);
  await native.release();
  await wasm.release();
  const [forward, gradients, nativeForward, nativeGradients] = times;
  const ratio = gradients / nativeGradients;
  say(
    `train-steps  ${subject.name}, native, one thread: forward ${nativeForward.toFixed(1)} ms, forward and backward ${nativeGradients.toFixed(1)} ms; WASM takes ${(forward / nativeForward).toFixed(2)}x and ${ratio.toFixed(2)}x of that`,
  );
  return { nativeForward, nativeGradients, ratio };
}

export async function benchTrain(say) {
  return withSource(async (load) => {
    const whittle = {
      job: (await load('/src/base/job.ts')).silentJob(),
      ...(await load('/src/base/random.ts')),
      ...(await load('/src/testing/build.ts')),
      ...(await load('/src/onnx/write.ts')),
      ...(await load('/src/grad/parameters.ts')),
      ...(await load('/src/grad/step.ts')),
      ...(await load('/src/train/optimizer.ts')),
      ...(await load('/src/train/stepper.ts')),
      ...(await load('/src/runtime/node.ts')),
      ...(await load('/src/runtime/native.ts')),
    };
    const rows = [];
    for (const subject of trainSubjects(whittle).map((each) => prepared(whittle, each))) {
      const row = await measure(whittle, subject, say);
      const native = await againstNative(whittle, subject, say);
      rows.push({ ...row, native, kernels: await kernels(whittle, subject, say) });
    }
    return rows;
  });
}
