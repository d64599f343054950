import { passInfos } from '../../engine/catalogue.ts';
import type { Options } from '../arguments.ts';
import type { Command } from '../command.ts';
import { COMMON } from '../help.ts';

/** What a shell may offer for a value, an argument, or nothing at all. */
export interface Offer {
  readonly words: readonly string[];
  readonly files: boolean;
}

export interface CompletedOption {
  /** `--out`, and `-o` where it has one. */
  readonly names: readonly string[];
  readonly help: string;
  /** Null: it takes no value. */
  readonly offer: Offer | null;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly first: Offer;
}

const FILES = /^(?:FILE|OUT|OTHER|ORIGINAL|MODEL|DIR|D|L|T)$/;
const WORD = /^[a-z][a-z0-9-]*$/;

/** `wasm|native` → words, `FILE|PRESET` → files. */
function offerOf(name: string, value: string | undefined): Offer {
  const parts = (value ?? '').split('|');
  const words = name === 'pass' ? passInfos().map(({ id }) => id) : parts.filter((part) => WORD.test(part));
  return { words, files: parts.some((part) => FILES.test(part)) };
}

function optionsOf(options: Options): CompletedOption[] {
  return Object.entries(options).map(([name, { type, short, value, help }]) => ({
    names: [`--${name}`, ...(short ? [`-${short}`] : [])],
    help,
    offer: type === 'string' ? offerOf(name, value) : null,
  }));
}

/** All that shells complete, out of the commands' own tables. */
export const completedCommands = (commands: readonly Command[]): readonly CompletedCommand[] =>
  commands.map(({ name, summary, options, words, positionals }) => ({
    name,
    summary,
    options: optionsOf({ ...options, ...COMMON }),
    first: { words: words ?? [], files: words === undefined && positionals.length > 0 },
  }));
