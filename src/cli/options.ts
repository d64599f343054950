import type { Json } from '../base/json.ts';
import type { Backend } from '../rewrite/pass.ts';
import { UsageError, type Arguments, type Options } from './arguments.ts';

export const BACKENDS: readonly Backend[] = ['wasm', 'webgpu', 'portable'];

export const backendOption: Options = {
  backend: { type: 'string', value: 'wasm|webgpu|portable', help: 'the runtime that the graph is made for (wasm)' },
};
export const setOption: Options = {
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'an option of the pass, as in `whittle passes`' },
};

/** `--set a=1 --set b=true` → `{ a: 1, b: true }`; what is not JSON is text. */
export function passOptions(args: Arguments): Record<string, Json> {
  const options: Record<string, Json> = {};
  for (const entry of args.texts('set')) {
    const at = entry.indexOf('=');
    if (at < 1) throw new UsageError(`--set wants KEY=VALUE, not ${entry}.`);
    const text = entry.slice(at + 1);
    try {
      options[entry.slice(0, at)] = JSON.parse(text) as Json;
    } catch {
      options[entry.slice(0, at)] = text;
    }
  }
  return options;
}
