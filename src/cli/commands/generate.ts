import { CodedError } from '../../base/error.ts';
import type { Tokenizer } from '../../data/tokenizer.ts';
import { decoderFacts, openDecoder } from '../../engine/generate/open.ts';
import { nodePort } from '../../engine/node.ts';
import { generate as generateText, type Generated, type GenerateSettings } from '../../generate/loop.ts';
import { promptIds } from '../../generate/prompt.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { openStudio } from '../studio.ts';
import { tokenizerFor, tokenizerOption } from '../tokenizer.ts';

const TOKENS = 64;
const MOST_TOKENS = 1_000_000;

function settingsOf(args: Arguments): GenerateSettings {
  const [topK, topP] = [
    args.number('top-k', { min: 1, max: 2 ** 31 - 1, integer: true }),
    args.number('top-p', { min: 0, max: 1 }),
  ];
  // Whoever says how tokens are drawn wants them to be drawn.
  const temperature = topK !== null || topP !== null ? 1 : 0;
  return {
    tokens: args.number('tokens', { min: 1, max: MOST_TOKENS, integer: true }) ?? TOKENS,
    stops: args.texts('stop'),
    stopIds: [],
    sampling: {
      temperature: args.number('temperature', { min: 0, max: 100 }) ?? temperature,
      topK,
      topP,
      repetition: args.number('repetition', { min: 0.01, max: 100 }) ?? 1,
      seed: args.number('seed', { min: 0, max: 2 ** 31 - 1, integer: true }) ?? 0,
    },
  };
}

/** What the model is given first: ids as they stand, or a text behind whatever the tokenizer begins with. */
function promptOf(args: Arguments, tokenizer: Tokenizer | null): readonly number[] {
  const [text, ids] = [args.text('prompt'), args.text('prompt-ids')];
  if (text !== null && ids !== null) throw new UsageError('--prompt and --prompt-ids say the same: give one of them.');
  if (ids !== null) return ids.split(',').map(idOf);
  if (text === null) throw new UsageError('--prompt is missing: the text to go on from. It may be empty.');
  if (!tokenizer) {
    throw new CodedError(
      'bad-request',
      'The model does not name its tokenizer. Give it with --tokenizer, or ids with --prompt-ids.',
    );
  }
  return promptIds(tokenizer, text);
}

function idOf(text: string): number {
  if (!/^\s*\d+\s*$/.test(text)) throw new UsageError(`--prompt-ids wants whole numbers between commas, not ${text}.`);
  return Number(text);
}

/** Text as it comes; a line is ended once, also where an error follows. */
function createWriter(silent: boolean) {
  let [wrote, open] = [false, !silent];
  return {
    get wrote() {
      return wrote;
    },
    write(text: string): void {
      if (!open || text === '') return;
      process.stdout.write(text);
      wrote = true;
    },
    end(): void {
      if (wrote && open) process.stdout.write('\n');
      open = false;
    },
  };
}

const WORDS = {
  length: 'as many tokens as were asked for',
  token: 'the token that ends a text',
  text: 'a stop text',
} satisfies Record<Generated['stopped'], string>;

function figures({ ids, stopped, prefillMs, msPerToken, tokensPerSecond }: Generated, prompt: number): string {
  const each =
    msPerToken === null || tokensPerSecond === null
      ? ''
      : `, ${msPerToken.toFixed(2)} ms for each token behind it (${tokensPerSecond.toFixed(1)} a second)`;
  return `${ids.length} tokens until ${WORDS[stopped]}; ${prefillMs.toFixed(1)} ms for the prompt of ${prompt}${each}`;
}

export const generate: Command = {
  name: 'generate',
  summary: 'Text from a decoder, token by token, and how long each token takes.',
  positionals: ['MODEL'],
  options: {
    prompt: { type: 'string', value: 'TEXT', help: 'the text to go on from' },
    'prompt-ids': { type: 'string', value: '1,2,3', help: 'token ids instead, as they stand' },
    ...tokenizerOption,
    tokens: { type: 'string', value: 'N', help: `the most new tokens (${TOKENS})` },
    temperature: { type: 'string', value: 'T', help: '0 takes the likeliest token (0; 1 with --top-k or --top-p)' },
    'top-k': { type: 'string', value: 'K', help: 'draw from the K likeliest tokens' },
    'top-p': { type: 'string', value: 'P', help: 'draw from the likeliest tokens that have the probability P' },
    repetition: { type: 'string', value: 'F', help: 'divide the logits of tokens that were there by F (1)' },
    seed: { type: 'string', value: 'N', help: 'which tokens are drawn (0)' },
    stop: { type: 'string', multiple: true, value: 'TEXT', help: 'end before this text; may be given several times' },
    threads: { type: 'string', value: 'N', help: 'threads (1)' },
    backend: { type: 'string', value: 'wasm|native', help: 'native: onnxruntime-node, where it is installed (wasm)' },
    'no-cache': { type: 'boolean', help: 'run the whole text anew for each token' },
  },
  examples: ['whittle generate sample:character-transformer --prompt "Once upon a time" --tokens 8'],
  async run(args, output, job) {
    const settings = settingsOf(args);
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    const facts = decoderFacts(studio.stopOf(0).model);
    const tokenizer = await tokenizerFor(args, facts.tokenizer);
    const prompt = promptOf(args, tokenizer);
    const { vocabulary } = facts.io;
    if (tokenizer && vocabulary !== null && tokenizer.vocabulary !== vocabulary) {
      output.note(`The tokenizer has ${tokenizer.vocabulary} tokens, the model ${vocabulary}.`);
    }
    const session = {
      backend: args.choice('backend', ['wasm', 'native']) ?? 'wasm',
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
      level: 'all',
    } as const;
    const how = { recompute: args.flag('no-cache'), settings: session };
    const decoder = await openDecoder(facts, studio.exportModel(), how, nodePort(), job);
    const writer = createWriter(output.json);
    try {
      const made = await generateText(decoder, prompt, settings, tokenizer, {
        job,
        onToken: ({ id, text }) => writer.write(tokenizer ? text : `${writer.wrote ? ' ' : ''}${id}`),
      });
      writer.end();
      output.note(figures(made, prompt.length));
      const cached = !how.recompute && facts.policy.kind !== 'none';
      if (output.json) output.result({ ...made, prompt, tokens: made.ids.length, cached }, []);
      return 0;
    } finally {
      writer.end();
      await decoder.release();
    }
  },
};
