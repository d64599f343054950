/**
 * The loop that is exported beside a decoder: plain JavaScript for a page and for Node, without anything but ONNX Runtime,
 * which is handed to it. It drives every way of keeping keys and values; `decoder.json` says which.
 */
export const LOOP = String.raw`// Runs a decoder token by token. MIT licence, as Whittle, which wrote it.
//
//   import * as ort from 'onnxruntime-web';
//   import { Decoder, generate } from './decode.mjs';
//   const decoder = await Decoder.open(ort, modelBytesOrUrl, setup);   // setup: decoder.json
//   for await (const id of generate(decoder, promptIds, { tokens: 100 })) …

const ARRAYS = { float32: Float32Array, float16: globalThis.Float16Array ?? Uint16Array, int8: Int8Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array };
const sizeOf = (shape) => shape.reduce((size, dim) => size * dim, 1);

export class Decoder {
  /** setup: what decoder.json holds. options: of InferenceSession.create. */
  static async open(ort, model, setup, options = {}) {
    return new Decoder(ort, await ort.InferenceSession.create(model, options), setup);
  }

  constructor(ort, session, setup) {
    Object.assign(this, { ort, session, setup });
    this.begin();
  }

  /** As before the first token. */
  begin() {
    this.seen = 0;
    this.held = 0;
    this.pools = null;
    this.kept = Object.fromEntries(this.setup.cache.map(({ input, dtype, shape }) => [input, this.tensor(dtype, shape)]));
  }

  tensor(dtype, shape, data = new ARRAYS[dtype](sizeOf(shape))) {
    return new this.ort.Tensor(dtype, data, shape);
  }

  row(dtype, count, value) {
    const data = new ARRAYS[dtype](count);
    for (let i = 0; i < count; i++) data[i] = dtype === 'int64' ? BigInt(value(i)) : value(i);
    return this.tensor(dtype, [1, count], data);
  }

  /** Logits of the last of these ids, which come behind all before. */
  async step(ids) {
    let logits = null;
    for (let from = 0; from < ids.length; ) {
      const count = Math.min(ids.length - from, this.room());
      logits = await this.run(ids.slice(from, from + count));
      from += count;
    }
    return logits;
  }

  /** How many positions one run may be given. */
  room() {
    const { most, policy } = this.setup;
    if (policy.kind !== 'streaming') return most;
    // Places are counted without gaps: once something was dropped, one token at a time.
    const free = policy.sinks + policy.window - this.held;
    return this.seen > this.held ? 1 : Math.min(most, Math.max(1, free));
  }

  async run(ids) {
    const { ids: name, logits, mask, positions, offset, pages, policy } = this.setup;
    const count = ids.length;
    const first = policy.kind === 'streaming' ? this.held : this.seen;
    const feeds = { [name.name]: this.row(name.dtype, count, (i) => ids[i]) };
    if (mask) feeds[mask.name] = this.row(mask.dtype, this.held + count, () => 1);
    if (positions) feeds[positions.name] = this.row(positions.dtype, count, (i) => first + i);
    if (offset) feeds[offset] = this.tensor('int64', [1], BigInt64Array.of(BigInt(this.seen - this.held)));
    if (pages) this.feedPages(feeds, count);
    else Object.assign(feeds, this.kept);
    const results = await this.session.run(feeds);
    if (pages) this.storePages(results, count);
    else this.keep(results, count);
    this.seen += count;
    if (pages) this.held = this.seen;
    const [, rows, width] = results[logits].dims;
    return results[logits].data.slice((rows - 1) * width, rows * width);
  }

  keep(results, count) {
    for (const { input, output } of this.setup.cache) {
      this.kept[input].dispose?.();
      this.kept[input] = results[output];
    }
    const { axis, input } = this.setup.cache[0] ?? {};
    const { policy } = this.setup;
    // Eight bits and floats together are all positions; windows say how many they hold.
    this.held = input === undefined || policy.kind === 'int8' ? this.seen + count : this.kept[input].dims[axis];
  }

  /** Blocks of one sequence, in the order of its text; pools grow by doubling. */
  feedPages(feeds, count) {
    const { block } = this.setup.policy;
    const wanted = Math.max(1, Math.ceil((this.seen + count) / block));
    const have = this.pools === null ? 0 : this.pools.blocks;
    if (have < wanted) this.growPools(Math.max(wanted, 2 * have));
    for (const { input, shape } of this.setup.cache) {
      const sizes = [this.pools.blocks, ...shape.slice(1)];
      feeds[input] = this.tensor('float32', sizes, this.pools[input]);
    }
    feeds[this.setup.pages.table] = this.row('int64', Math.ceil(this.seen / block), (i) => i);
    feeds[this.setup.pages.length] = this.tensor('int64', [1], BigInt64Array.of(BigInt(this.seen)));
  }

  growPools(blocks) {
    const pools = { blocks };
    for (const { input, shape } of this.setup.cache) {
      pools[input] = new Float32Array(blocks * sizeOf(shape.slice(1)));
      if (this.pools) pools[input].set(this.pools[input]);
    }
    this.pools = pools;
  }

  storePages(results, count) {
    const { block } = this.setup.policy;
    for (const { input, output, shape } of this.setup.cache) {
      const [, heads, , width] = shape;
      const rows = results[output].data;
      for (let i = 0; i < count; i++) {
        const at = this.seen + i;
        for (let head = 0; head < heads; head++) {
          const to = ((Math.floor(at / block) * heads + head) * block + (at % block)) * width;
          const from = (head * count + i) * width;
          this.pools[input].set(rows.subarray(from, from + width), to);
        }
      }
    }
  }

  async release() {
    for (const tensor of Object.values(this.kept)) tensor.dispose?.();
    await this.session.release();
  }
}

/** mulberry32: the same numbers for the same seed. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** temperature 0 takes the likeliest; top-k and top-p (nucleus) keep the likeliest only. */
function choose(logits, { temperature, topK, topP }, random) {
  let order = Array.from(logits, (logit, id) => ({ logit, id })).sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (temperature === 0) return order[0].id;
  if (topK > 0) order = order.slice(0, topK);
  const weights = order.map(({ logit }) => Math.exp((logit - order[0].logit) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let [count, mass] = [0, 0];
  while (count < weights.length && mass < topP * total) mass += weights[count++];
  let at = random() * mass;
  for (let i = 0; i < count; i++) if ((at -= weights[i]) < 0) return order[i].id;
  return order[Math.max(0, count - 1)].id;
}

/** Ids that come after the prompt, one by one. ends: ids that end a text. */
export async function* generate(decoder, prompt, { tokens = 100, temperature = 0, topK = 0, topP = 1, seed = 0, ends = decoder.setup.ends ?? [] } = {}) {
  const random = seeded(seed);
  let logits = await decoder.step(Array.from(prompt));
  for (let i = 0; i < tokens; i++) {
    const id = choose(logits, { temperature, topK, topP }, random);
    if (ends.includes(id)) return;
    yield id;
    if (i + 1 < tokens) logits = await decoder.step([id]);
  }
}

/** Text and ids of a decoder whose vocabulary is characters; null: it wants a tokenizer of its own. */
export function charactersOf({ tokenizer }) {
  if (tokenizer?.kind !== 'characters') return null;
  const known = [...tokenizer.characters];
  return {
    encode: (text) => [...(tokenizer.bos === undefined ? [] : [tokenizer.bos]), ...Array.from(text, (each) => known.indexOf(each))],
    decode: (ids) => ids.map((id) => known[id] ?? '').join(''),
  };
}
`;

/** A page that writes with the decoder beside it. */
export const PAGE = String.raw`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Decoder</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark }
  textarea { width: 100%; font: inherit } pre { white-space: pre-wrap; font: inherit }
</style>
<h1>Decoder</h1>
<p>Needs <code>onnxruntime-web</code> beside it (<code>npm install onnxruntime-web</code>) and a server of static files, for instance <code>npx serve</code>.</p>
<label>Prompt, or ids with commas between them<textarea id="prompt" rows="3"></textarea></label>
<p><button id="run">Run</button> <span id="speed"></span></p>
<pre id="text"></pre>
<script type="module">
  import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs';
  import { charactersOf, Decoder, generate } from './decode.mjs';
  const setup = await (await fetch('decoder.json')).json();
  const decoder = await Decoder.open(ort, 'model.onnx', setup);
  const characters = charactersOf(setup);
  const [prompt, text, speed] = ['prompt', 'text', 'speed'].map((id) => document.getElementById(id));
  document.getElementById('run').onclick = async () => {
    const ids = characters ? characters.encode(prompt.value) : prompt.value.split(',').map(Number);
    decoder.begin();
    const [made, started] = [[], performance.now()];
    for await (const id of generate(decoder, ids, { tokens: 200 })) {
      made.push(id);
      text.textContent = characters ? characters.decode(made) : made.join(', ');
      speed.textContent = ((performance.now() - started) / made.length).toFixed(1) + ' ms a token';
      await new Promise(requestAnimationFrame);
    }
  };
</script>
</html>
`;
