import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { commandLinePage, schemaFiles } from './documentation.ts';

const docs = (name: string): URL => new URL(`../../docs/${name}`, import.meta.url);
const CURE = 'run `node scripts/write-docs.mjs`';

/** Words without the alignment of tables, which the formatter pads. */
const words = (text: string): string =>
  text
    .replaceAll(/-{3,}/g, '---')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');

describe('what is generated in docs', () => {
  it('the page on the command line is that of the commands', () => {
    expect(words(readFileSync(docs('command-line.md'), 'utf8')), CURE).toBe(words(commandLinePage(COMMANDS)));
  });

  it('the schemas are those that `whittle schema` prints, and no others', () => {
    const files = schemaFiles();
    expect(readdirSync(docs('schema')).toSorted(), CURE).toEqual([...files.keys()].toSorted());
    for (const [name, schema] of files) {
      expect(JSON.parse(readFileSync(docs(`schema/${name}`), 'utf8')), CURE).toEqual(schema);
    }
  });

  it('every link on the pages leads somewhere', () => {
    for (const page of ['command-line.md', 'ci.md']) {
      const links = Array.from(
        readFileSync(docs(page), 'utf8').matchAll(/\]\(([^)#:]+)[^)]*\)/g),
        ([, to]) => to ?? '',
      );
      expect(links.length).toBeGreaterThan(2);
      for (const link of links) expect(existsSync(docs(link)), `${page}: ${link}`).toBe(true);
    }
  });
});
