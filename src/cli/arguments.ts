import { parseArgs } from 'node:util';

/** A wrong call of the command line: exit code 2. */
export class UsageError extends Error {}

export interface OptionUse {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help; `a|b|FILE`: choices, which a shell completes. */
  readonly value?: string;
  /** The value is a file that is written: a place where none can be is refused before any work is done. */
  readonly writes?: true;
  readonly help: string;
}

export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | null;
  texts(name: string): readonly string[];
  number(name: string, bounds: { min: number; max: number; integer?: boolean }): number | null;
  choice<T extends string>(name: string, choices: readonly T[]): T | null;
}

export type Options = Readonly<Record<string, OptionUse>>;

/** @param positionals names of the arguments; `[B]` may be left out, `MODEL…` may stand for several */
export function parseArguments(argv: readonly string[], options: Options, positionals: readonly string[]): Arguments {
  const parsed = parse(argv, options);
  const required = positionals.filter((name) => !name.startsWith('['));
  if (parsed.positionals.length < required.length) {
    throw new UsageError(`${required[parsed.positionals.length]} is missing.`);
  }
  if (!positionals.at(-1)?.endsWith('…') && parsed.positionals.length > positionals.length) {
    throw new UsageError(`${parsed.positionals[positionals.length]} is one argument too many.`);
  }
  const values = parsed.values as Record<string, string | boolean | (string | boolean)[] | undefined>;
  const text = (name: string): string | null => {
    const value = values[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    positionals: parsed.positionals,
    flag: (name) => values[name] === true,
    text,
    texts: (name) => {
      const value = values[name];
      return Array.isArray(value) ? value.map(String) : [];
    },
    number(name, { min, max, integer }) {
      const given = text(name);
      if (given === null) return null;
      const value = Number(given);
      if (
        given.trim() === '' ||
        Number.isNaN(value) ||
        value < min ||
        value > max ||
        (integer && !Number.isInteger(value))
      ) {
        throw new UsageError(
          `--${name} wants ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}, not ${given}.`,
        );
      }
      return value;
    },
    choice(name, choices) {
      const given = text(name);
      if (given === null) return null;
      const found = choices.find((each) => each === given);
      if (found === undefined) throw new UsageError(`--${name} is one of ${choices.join(', ')}, not ${given}.`);
      return found;
    },
  };
}

function parse(argv: readonly string[], options: Options) {
  try {
    const config = Object.fromEntries(
      Object.entries(options).map(([name, { type, short, multiple }]) => [
        name,
        { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
      ]),
    );
    return parseArgs({ args: [...argv], options: config, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] + '.');
  }
}
