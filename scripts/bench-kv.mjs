// What ways of keeping keys and values cost and are worth, on a small language model and the bundled character
// transformer: perplexity by position on texts several times as long as those of training, what is found again of pairs
// in them, bytes, time of a token against the text before it, pages against one piece.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

/** Each is timed in turn with the dense cache, by itself. */
const OTHERS = ['sliding-window', 'streaming', 'int8', 'paged'];
const CHARACTERS = 'sample:character-transformer';
/** Of seeded weights: as wide as small language models, so that time lies in keys and values. */
const WIDE = 'sample:character-transformer?width=512&heads=8&kvHeads=8&layers=4';
/** Tokens that are timed at once, and how often all take their turn. */
const [STEPS, ROUNDS] = [8, 9];

/** A fifth of the tokens took less: what else the machine does slows the others down. */
const quick = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 5)];

export async function benchKv(shared, say) {
  const folder = join(shared, 'real', 'models', 'decoder');
  const dreams = join(folder, 'aidreams260k_nocache.onnx');
  const text = (name) => join(shared, 'real', 'data', 'text', name);
  const small = ['--tokenizer', join(folder, 'aidreams_tok512.bin')];
  const subjects = [
    { name: 'character transformer, its stories', argv: [CHARACTERS, '--text', 'stories'], window: 128 },
    ...[text('tinyshakespeare.txt'), text('wikitext-2_valid.txt')]
      .filter((path) => existsSync(path) && existsSync(dreams))
      .map((path) => ({
        name: `small language model, ${path.split('/').at(-1)}`,
        argv: [dreams, ...small, '--text', path],
        window: 96,
      })),
  ];
  return withSource(async (load) => {
    const results = { perplexity: [], pace: [] };
    const whittle = await commandOf(load);
    for (const subject of subjects) results.perplexity.push(await texts(whittle, subject, say));
    const models = [CHARACTERS, WIDE, ...(existsSync(dreams) ? [dreams] : [])];
    for (const model of models) results.pace.push(await pace(load, model, say));
    return results;
  });
}

async function texts(whittle, { name, argv, window }, say) {
  const half = String(window / 2);
  const kept = ['--window', String(window), '--heavy', half, '--recent', half];
  const sizes = ['--policy', 'all', ...kept, '--length', '2049', '--bucket', '256'];
  const found = await whittle('kv', 'perplexity', ...argv, ...sizes);
  const dense = found.policies.find(({ policy }) => policy === 'dense');
  say(`kv  ${name}, ${found.tokens} tokens, a window of ${window}, 4 sinks`);
  for (const { policy, perplexity, buckets, cacheBytes, reason } of found.policies) {
    const row = buckets?.map((bucket) => bucket.perplexity.toFixed(2)).join(' ') ?? reason;
    const against =
      perplexity && policy !== 'dense' ? ` (${(100 * (perplexity / dense.perplexity - 1)).toFixed(2)} %)` : '';
    say(`kv    ${policy.padEnd(14)} ${perplexity?.toFixed(3)}${against}: ${row}; ${cacheBytes} bytes`);
  }
  const pairs = await whittle(
    'kv',
    'needle',
    ...argv,
    '--policy',
    'all',
    ...kept,
    '--distances',
    '16,160',
    '--trials',
    '8',
  );
  for (const { policy, recalls } of pairs.policies)
    say(
      `kv    needle ${policy.padEnd(14)} ${recalls?.map(({ distance, found: right, trials, probability, without }) => `${distance}: ${right}/${trials}, p ${probability.toFixed(3)} (${without.toFixed(3)} without)`).join('; ')}`,
    );
  const shares = found.attention?.layers.map((share) => `${(100 * share).toFixed(1)} %`).join(', ');
  if (shares) say(`kv    attention on the first 4: ${shares}; evenly ${(100 * found.attention.even).toFixed(1)} %`);
  return { name, window, ...found, needle: pairs.policies };
}

/** ms of a token at each length of text, policies taking turns. */
async function pace(load, path, say) {
  const [{ silentJob }, { modelAt }, { readSource }, { longEnough }, { requirePolicy }, { decoderFacts, openDecoder }] =
    await Promise.all(
      [
        'base/job',
        'cli/model-at',
        'engine/sources',
        'engine/kv/perplexity',
        'engine/kv/policies',
        'engine/generate/open',
      ].map((module) => load(`/src/${module}.ts`)),
    );
  const [{ nodePort }, { writeModel }] = await Promise.all([load('/src/engine/node.ts'), load('/src/onnx/write.ts')]);
  const job = silentJob();
  const [port, window] = [nodePort(), 256];
  const lengths = [1, 2, 4, 8].map((times) => times * window);
  const { model: opened } = await readSource(await modelAt(path), job);
  const { model } = await longEnough(opened, lengths.at(-1) + 2 * STEPS * ROUNDS, job);
  const open = async (policy, options) => {
    const { model: made } = await requirePolicy(model, policy, options, job);
    const how = { recompute: false, settings: { backend: 'wasm', level: 'all', threads: 1 } };
    return openDecoder(decoderFacts(made), { name: policy, bytes: writeModel(made) }, how, port, job);
  };
  const decoders = {
    dense: await open('dense', {}),
    'sliding-window': await open('sliding-window', { window }),
    streaming: await open('streaming', { window: window - 4, sinks: 4 }),
    int8: await open('int8', {}),
    paged: await open('paged', {}),
  };
  const rows = [];
  for (const length of lengths) {
    for (const policy of OTHERS) {
      const pair = ['dense', policy];
      const times = { dense: [], [policy]: [] };
      for (const each of pair) await begun(decoders[each], length, job);
      for (let round = 0; round < ROUNDS; round++) {
        for (const each of round % 2 ? pair : pair.toReversed())
          for (let at = 0; at < STEPS; at++) times[each].push((await decoders[each].step([at], 'last', job)).ms);
      }
      rows.push({ length, policy, dense: quick(times.dense), ms: quick(times[policy]) });
    }
    const told = rows
      .filter((row) => row.length === length)
      .map(
        ({ policy, dense, ms }) =>
          `${policy} ${ms.toFixed(2)} (dense ${dense.toFixed(2)}: ${(dense / ms).toFixed(2)}×)`,
      );
    say(`kv  ${path.split('/').at(-1)} behind ${length} tokens, ms a token: ${told.join(', ')}`);
  }
  for (const decoder of Object.values(decoders)) await decoder.release();
  return { model: path, window, rows };
}

/** A text of so many tokens, a multiple of 64. */
async function begun(decoder, length, job) {
  await decoder.begin();
  for (let at = 0; at < length; at += 64) {
    const ids = Array.from({ length: 64 }, (_, i) => (at + i) % 32);
    await decoder.step(ids, 'last', job);
  }
}
