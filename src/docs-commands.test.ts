import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments, type Options } from './cli/arguments.ts';
import type { Command } from './cli/command.ts';
import { COMMANDS } from './cli/commands.ts';
import { COMMON } from './cli/help.ts';
import { writeModel } from './onnx/write.ts';
import { buildSample } from './samples/catalogue.ts';
import { readPages, shellBlocks, spokenCommands, writtenCommands } from './testing/docs.ts';
import type { Block, Page } from './testing/markdown.ts';
import { shellCommands, whittleWords } from './testing/shell.ts';
import { whittle } from './testing/whittle.ts';

const known = (name: string | undefined): Command | undefined => COMMANDS.find((each) => each.name === name);
const optionsOf = (command: Command): Options => ({ ...command.options, ...COMMON });

/** Why a command could not be given; null: command, options, arguments and words are there. */
function wrongUse([name = '', ...rest]: readonly string[]): string | null {
  const command = known(name);
  if (!command) return `there is no command ${name}`;
  if (rest.includes('--help')) return null;
  try {
    const [word] = parseArguments(rest, optionsOf(command), command.positionals).positionals;
    return command.words && word !== undefined && !command.words.includes(word) ? `there is no ${name} ${word}` : null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same of one that is only spoken of (`whittle prune --dead`), arguments left out. */
function wrongMention([name = '', ...rest]: readonly string[]): string | null {
  const command = known(name);
  if (!command) return /^[A-Z]+$/.test(name) ? null : `there is no command ${name}`;
  const options = rest.filter((word) => word.startsWith('--')).map((word) => word.slice(2).replace(/=.*/, ''));
  const wrong = options.find((option) => optionsOf(command)[option] === undefined);
  return wrong === undefined ? null : `there is no option --${wrong}`;
}

/** Files that a page shows, by what stands behind the fence: `json rule.json`. */
const filesOf = ({ blocks }: Page): (readonly [name: string, text: string])[] =>
  blocks.flatMap(({ info, text }) => {
    const [, name] = /^json ([\w-]+\.json)$/.exec(info) ?? [];
    return name === undefined ? [] : [[name, text]];
  });

/** Pages that `cli/examples.test.ts` runs, in a folder that has what they speak of. */
const ELSEWHERE: ReadonlySet<string> = new Set(['docs/ci.md', 'docs/command-line.md']);

/** Blocks that run by themselves; others say in a comment before them why they are not run. */
const running = (page: Page): readonly Block[] => shellBlocks(page).filter(({ note }) => !/^not run: ./.test(note));

const pages = readPages();

describe('commands in the documentation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-docs-'));
  const home = process.cwd();
  beforeAll(() => writeFileSync(join(folder, 'model.onnx'), writeModel(buildSample('digit-cnn'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are there, with their options and arguments', () => {
    const wrong: string[] = [];
    let looked = 0;
    const hold = (name: string, words: readonly string[], why: typeof wrongUse): void => {
      const given = whittleWords(words);
      if (given === null || given.length === 0) return;
      looked += 1;
      const reason = why(given);
      if (reason !== null) wrong.push(`${name}: whittle ${given.join(' ')}: ${reason}`);
    };
    for (const [name, page] of pages) {
      for (const words of writtenCommands(page)) hold(name, words, wrongUse);
      for (const words of spokenCommands(page)) hold(name, words, wrongMention);
    }
    expect(wrong).toEqual([]);
    expect(looked).toBeGreaterThan(80);
  });

  it.each([...pages].filter(([name, page]) => !ELSEWHERE.has(name) && running(page).length > 0).map(([name]) => name))(
    'do what %s says',
    { timeout: 120_000 },
    async (name) => {
      const page = pages.get(name)!;
      for (const [file, text] of filesOf(page)) writeFileSync(join(folder, file), text);
      process.chdir(folder);
      try {
        for (const { words, comment, out: file } of running(page).flatMap(({ text }) => shellCommands(text))) {
          const given = whittleWords(words);
          if (given === null) continue;
          const { code, err, out } = await whittle(...given);
          if (file !== null) writeFileSync(join(folder, file), out);
          expect(code, `${words.join(' ')}\n${err}`).toBe(Number(/exits with (\d)/.exec(comment)?.[1] ?? 0));
        }
      } finally {
        process.chdir(home);
      }
    },
  );

  it('would be told where they are wrong', () => {
    expect(wrongUse(['inspect', 'a.onnx', '--json'])).toBeNull();
    expect(wrongUse(['inspct', 'a.onnx'])).toMatch(/no command inspct/);
    expect(wrongUse(['inspect'])).toMatch(/MODEL.* is missing/);
    expect(wrongUse(['prune', 'a.onnx', '--ration', '0.5'])).toMatch(/--ration/);
    expect(wrongUse(['kv', 'reprot', 'a.onnx'])).toMatch(/no kv reprot/);
    expect(wrongMention(['prune', '--dead'])).toBeNull();
    expect(wrongMention(['prune', '--alive'])).toMatch(/--alive/);
  });

  it('are read as a shell reads them', () => {
    const script = 'whittle a "b c" \'d#e\' f#g \\\n  -o x # exits with 1\nnode y | whittle z --k=1 > out 2>&1 && ls';
    expect(shellCommands(script)).toEqual([
      { words: ['whittle', 'a', 'b c', 'd#e', 'f#g', '-o', 'x'], comment: 'exits with 1', out: null },
      { words: ['node', 'y'], comment: '', out: null },
      { words: ['whittle', 'z', '--k=1'], comment: '', out: 'out' },
      { words: ['ls'], comment: '', out: null },
    ]);
    expect(whittleWords(['npm', 'run', '--silent', 'whittle', '--', 'passes'])).toEqual(['passes']);
    expect(whittleWords(['npm', 'start'])).toBeNull();
  });
});
