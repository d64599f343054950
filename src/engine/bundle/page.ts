/** Files of ONNX Runtime Web that a page needs for WASM, as the npm package has them in `dist`. */
export const RUNTIME_FILES = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'] as const;

/** The page of a bundle: it may load what lies beside it, and nothing else. */
export const BUNDLE_PAGE = String.raw`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:; object-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Model</title>
<link rel="icon" href="data:,">
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .2rem .8rem .2rem 0; font-variant-numeric: tabular-nums }
  input { font: inherit; width: 6rem } code { font-size: .92em } #state { white-space: pre-line }
</style>
<h1 id="title">Model</h1>
<p>Runs the model beside this page with ONNX Runtime Web on made-up inputs. Nothing leaves this machine. <a href="report.html">What was done to it</a></p>
<div id="sizes"></div>
<p><button id="run" disabled>Run</button> <span id="state" role="status">Loading.</span></p>
<table id="outputs" aria-label="Outputs"></table>
<noscript>This page needs JavaScript.</noscript>
<script type="module" src="run.mjs"></script>
</html>
`;

/** What the page does: plain JavaScript, to be read and changed. */
export const BUNDLE_SCRIPT = String.raw`// Runs the model of this bundle. MIT licence, as Whittle, which wrote it.
const at = (id) => document.getElementById(id);
const say = (text) => (at('state').textContent = text);
const sizeOf = (shape) => shape.reduce((size, dim) => size * dim, 1);

const random = () => Math.random() * 2 - 1;
const MAKE = {
  float32: (size) => Float32Array.from({ length: size }, random),
  float64: (size) => Float64Array.from({ length: size }, random),
  // Half precision as its bits: +1 and -1.
  float16: (size) => {
    const bits = Uint16Array.from({ length: size }, () => (Math.random() < 0.5 ? 0x3c00 : 0xbc00));
    return globalThis.Float16Array ? new Float16Array(bits.buffer) : bits;
  },
  int64: (size) => BigInt64Array.from({ length: size }, () => BigInt(Math.random() < 0.5)),
  int32: (size) => Int32Array.from({ length: size }, () => Number(Math.random() < 0.5)),
  uint8: (size) => Uint8Array.from({ length: size }, () => Math.floor(Math.random() * 256)),
  int8: (size) => Int8Array.from({ length: size }, () => Math.floor(Math.random() * 256) - 128),
  bool: (size) => Uint8Array.from({ length: size }, () => Number(Math.random() < 0.5)),
};

async function load(setup) {
  let ort;
  try {
    ort = await import('./runtime/ort.wasm.min.mjs');
  } catch {
    throw new Error(
      'The runtime is not beside this page. Put ' + setup.runtime.files.join(', ') + ' of onnxruntime-web ' +
        setup.runtime.version + ' (npm, folder dist) into the folder "runtime" of this bundle, and load the page again.',
    );
  }
  ort.env.wasm.wasmPaths = new URL('./runtime/', import.meta.url).href;
  if (!globalThis.crossOriginIsolated) ort.env.wasm.numThreads = 1;
  const external = setup.external ? { externalData: [{ path: setup.external, data: setup.external }] } : {};
  return { ort, session: await ort.InferenceSession.create(setup.model, { ...setup.session, ...external }) };
}

/** One field for each size that the model leaves open. */
function askForSizes(inputs) {
  const names = [...new Set(inputs.flatMap(({ shape }) => shape ?? []).filter((dim) => typeof dim === 'string'))];
  for (const name of names) {
    const label = document.createElement('label');
    const field = Object.assign(document.createElement('input'), { type: 'number', min: 1, value: 1 });
    label.append('Size of ' + name + ' ', field, ' ');
    at('sizes').append(label);
    field.dataset.name = name;
  }
  return () =>
    Object.fromEntries([...at('sizes').querySelectorAll('input')].map((each) => [each.dataset.name, Number(each.value)]));
}

function feedsOf(ort, inputs, sizes) {
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      if (!shape) throw new Error('The shape of the input ' + name + ' is not known.');
      if (!MAKE[dtype]) throw new Error('Inputs of ' + dtype + ' are not made up here: ' + name + '.');
      const dims = shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]));
      return [name, new ort.Tensor(dtype, MAKE[dtype](sizeOf(dims)), dims)];
    }),
  );
}

function show(results) {
  const rows = Object.entries(results).map(([name, tensor]) => [name, tensor.type, tensor.dims.join('×') || 'scalar']);
  at('outputs').replaceChildren(
    ...[['Output', 'Type', 'Shape'], ...rows].map((cells, index) => {
      const row = document.createElement('tr');
      row.append(...cells.map((text) => Object.assign(document.createElement(index ? 'td' : 'th'), { textContent: text })));
      return row;
    }),
  );
}

const RUNS = 10;
try {
  if (location.protocol === 'file:') throw new Error('Browsers load no modules from a folder. Serve it, for instance with: npx serve');
  const setup = await (await fetch('bundle.json')).json();
  at('title').textContent = document.title = setup.name;
  const sizes = askForSizes(setup.inputs);
  const { ort, session } = await load(setup);
  const run = async () => {
    at('run').disabled = true;
    try {
      const feeds = feedsOf(ort, setup.inputs, sizes());
      // The first run is a warm-up.
      show(await session.run(feeds));
      const times = [];
      for (let i = 0; i < RUNS; i++) {
        const started = performance.now();
        await session.run(feeds);
        times.push(performance.now() - started);
      }
      times.sort((a, b) => a - b);
      say(((times[RUNS / 2 - 1] + times[RUNS / 2]) / 2).toFixed(2) + ' ms a run, the median of ' + RUNS + ' on WASM, threads: ' + ort.env.wasm.numThreads + '.');
    } catch (error) {
      say(error.message);
    }
    at('run').disabled = false;
  };
  at('run').onclick = run;
  await run();
} catch (error) {
  say(error.message);
}
`;
