import type { ProfileRow, ProfileView, Roofline } from './types.ts';

const ROW: ProfileRow = {
  node: 1,
  label: 'Conv 1',
  name: '',
  op: 'Conv',
  ranAs: 'Conv',
  family: 'conv',
  kind: '',
  detail: '',
  depthwise: false,
  calls: 1,
  ms: 1,
  spreadMs: 0,
  movedMs: 0,
  movers: [],
  provider: 'CPUExecutionProvider',
  macs: 500_000,
  flops: 1_000_000,
  bytes: 100_000,
  gflops: 1,
  scope: [],
  timeless: null,
  holds: 0,
  origins: [],
  inputs: [],
  outputs: [],
  bound: null,
};

/** A row of a profile; what is not given is a convolution of 1 ms. */
export const profileRow = (patch: Partial<ProfileRow> = {}): ProfileRow => ({ ...ROW, ...patch });

/** A profile of these rows, 1 ms between them. */
export function profileView(rows: readonly ProfileRow[], patch: Partial<ProfileView> = {}): ProfileView {
  const kernelsMs = rows.reduce((sum, { ms }) => sum + (ms ?? 0), 0);
  return {
    name: 'm.onnx',
    title: 'Original',
    backend: 'wasm',
    level: 'all',
    threads: 1,
    runs: 20,
    ms: kernelsMs + 1,
    spreadMs: 0,
    kernelsMs,
    betweenMs: 1,
    mapped: 1,
    clock: 'processor',
    clockText: 'time on the processor',
    software: false,
    device: null,
    inputs: {},
    rows,
    timeline: [],
    roofline: null,
    ...patch,
  };
}

/** 100 GFLOP/s, 10 GB/s, so a ridge at 10 FLOP per byte; 10 µs a kernel. */
export const roofline: Roofline = {
  backend: 'wasm',
  threads: 1,
  peakGflops: 100,
  peakBy: 'MatMul',
  bandwidthGbs: 10,
  levels: [
    { bytes: 1e6, gbs: 40 },
    { bytes: 1e8, gbs: 10 },
  ],
  dispatchUs: 1,
  kernelUs: 10,
  method: '',
};
