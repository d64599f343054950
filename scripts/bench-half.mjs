// A model at half its channels against itself, through the command line.
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function whittle(...args) {
  const ran = spawnSync('node', [join(root, 'scripts', 'whittle.mjs'), ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

/** Prunes a model to half of its channels and times both, interleaved. `folder` is for what is written. */
export function benchHalf(file, folder) {
  const out = join(folder, 'half.onnx');
  const { before, after } = whittle('prune', file, '--ratio', '0.5', '-o', out);
  const time = (...args) => whittle('bench', file, out, '--runs', '60', '--threads', '1', ...args);
  const { a, b, ratio, interval } = time();
  let native = null;
  try {
    const { a, b, ratio, interval } = time('--backend', 'native');
    native = { a: a.median, b: b.median, ratio, interval };
  } catch (error) {
    // It is no part of Whittle: the comparison is made where it is there.
    if (!/no native runtime/.test(error.message)) throw error;
  }
  return {
    model: basename(file),
    before: { macs: before.macs, bytes: before.bytes },
    after: { macs: after.macs, bytes: after.bytes },
    a: a.median,
    b: b.median,
    ratio,
    interval,
    native,
  };
}

export function printHalf({ model, native, ...wasm }, say) {
  const row = ({ a, b, ratio, interval }, where) => {
    const range = interval.map((each) => each.toFixed(2)).join(' to ');
    const times = `${a.toFixed(1)} → ${b.toFixed(1)} ms, ${ratio.toFixed(2)}× (${range})`;
    say(`half    the channels of ${model}: ${times}, ${where}, one thread, both at all`);
  };
  row(wasm, 'WASM');
  if (native) row(native, 'native');
  else say('half    SKIPPED on the native runtime: onnxruntime-node is not installed');
}
