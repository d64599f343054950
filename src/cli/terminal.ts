import { stripVTControlCharacters } from 'node:util';

/** Where text goes, as far as colours are concerned. */
export interface Stream {
  readonly isTTY?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether text on a stream has colours: on a terminal only. `NO_COLOR` (no-color.org) and a dumb terminal say no,
 * `FORCE_COLOR` says yes anywhere, and no with 0; whoever says no is heard first.
 */
export function hasColors({ isTTY }: Stream, env: Environment = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if ((env['NO_COLOR'] ?? '') !== '' || forced === '0' || forced === 'false') return false;
  if (forced !== undefined) return true;
  return isTTY === true && env['TERM'] !== 'dumb';
}

const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

type Tone = keyof typeof CODES;

/** Text in a colour where its stream has any. */
export type Paint = (tone: Tone, text: string) => string;

export const paintFor =
  (stream: Stream, env: Environment = process.env): Paint =>
  (tone, text) =>
    hasColors(stream, env)
      ? `\u001b[${CODES[tone]}m${text}\u001b[${tone === 'dim' || tone === 'bold' ? 22 : 39}m`
      : text;

/** Columns that a text takes, colours left out. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length;
