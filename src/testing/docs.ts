import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPage, type Block, type Page } from './markdown.ts';
import { shellCommands } from './shell.ts';

/** The folder of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of the checkout as text. */
export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** README.md and the pages of docs, by their paths in the checkout. */
export function readPages(): ReadonlyMap<string, Page> {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const names = ['README.md', ...docs.map((name) => `docs/${name}`)];
  return new Map(names.map((name) => [name, readPage(textOf(name))]));
}

/** Blocks that are for a shell. */
export const shellBlocks = ({ blocks }: Page): readonly Block[] => blocks.filter(({ info }) => info === 'sh');

/** Commands in blocks for a shell, as words. */
export const writtenCommands = (page: Page): (readonly string[])[] =>
  shellBlocks(page).flatMap((block) => shellCommands(block.text).map(({ words }) => words));

/** Inline code as words, whether it is a command or not. */
export const spokenCommands = ({ code }: Page): (readonly string[])[] =>
  code.flatMap((each) => shellCommands(each).map(({ words }) => words));
