import type { Json } from '../base/json.ts';
import { passInfos } from '../engine/catalogue.ts';
import type { Backend } from '../rewrite/pass.ts';
import { UsageError, type Arguments, type Options } from './arguments.ts';

export const BACKENDS: readonly Backend[] = ['wasm', 'webgpu', 'portable'];

export const backendOption: Options = {
  backend: { type: 'string', value: 'wasm|webgpu|portable', help: 'the runtime that the graph is made for (wasm)' },
};
export const setOption: Options = {
  set: {
    type: 'string',
    multiple: true,
    value: '[ID.]KEY=VALUE',
    help: 'an option of the pass, as in `whittle passes`',
  },
};

/** Options that are text, by the passes that have them: their values are never read as JSON. */
const textOptions = (pass: string): ReadonlySet<string> => {
  const options = passInfos().find(({ id }) => id === pass)?.options ?? {};
  return new Set(Object.keys(options).filter((name) => options[name]?.type === 'text'));
};

/**
 * `--set a=1 --set b=true` → `{ a: 1, b: true }` for every pass; `--set rename.to=x` for that one. What is not JSON is
 * text, and so is whatever is given for a name: an input may be called 0.
 */
export function passOptions(args: Arguments, pass: string): Record<string, Json> {
  const texts = textOptions(pass);
  const options: Record<string, Json> = {};
  for (const entry of args.texts('set')) {
    const [key, text] = assignment(entry);
    const dot = key.indexOf('.');
    if (dot >= 0 && key.slice(0, dot) !== pass) continue;
    const name = key.slice(dot + 1);
    options[name] = texts.has(name) ? text : parseValue(text);
  }
  return options;
}

/** `--set a=1 --set b=x` → `{ a: 1, b: 'x' }`; what is not JSON is text. */
export function keyValues(args: Arguments): Record<string, Json> {
  return Object.fromEntries(
    args
      .texts('set')
      .map((entry) => assignment(entry))
      .map(([key, text]) => [key, parseValue(text)]),
  );
}

function assignment(entry: string): readonly [string, string] {
  const at = entry.indexOf('=');
  if (at < 1) throw new UsageError(`--set wants KEY=VALUE, not ${entry}.`);
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
