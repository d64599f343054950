import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('.', import.meta.url));

interface Row {
  readonly all: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** The table of `src/README.md`: folder → what it may import, as values or as types only (`T:name`). */
function readTable(): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const line of readFileSync(join(src, 'README.md'), 'utf8').split('\n')) {
    const match = /^\| `(\w+)`\s*\|[^|]*\|([^|]*)\|$/.exec(line);
    if (!match) continue;
    const names = (match[2] ?? '').trim().split(/\s+/).filter(Boolean);
    rows.set(match[1] ?? '', {
      all: new Set(names.filter((name) => !name.startsWith('T:'))),
      types: new Set(names.filter((name) => name.startsWith('T:')).map((name) => name.slice(2))),
    });
  }
  return rows;
}

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const STATEMENT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^;'"]*?)(?:from\s*)?'(\.[^']+)'/g;
const DYNAMIC = /(?:\bimport\(\s*|new URL\(\s*)'(\.[^']+)'/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const target = normalize(join(dirname(file), specifier));
    // What lies outside the source tree (the shared test files) is no layer.
    if (target.startsWith('..')) return;
    found.push({ file, from: file.split(sep)[0] ?? '', to: target.split(sep)[0] ?? '', typeOnly });
  };
  for (const match of text.matchAll(STATEMENT)) {
    const names = /^\{([^}]*)\}/.exec((match[2] ?? '').trim())?.[1]?.split(',') ?? [''];
    const allTypes = names.filter((name) => name.trim()).every((name) => name.trim().startsWith('type '));
    add(match[3] ?? '', Boolean(match[1]) || (allTypes && names.some((name) => name.trim())));
  }
  for (const match of text.matchAll(DYNAMIC)) add(match[1] ?? '', false);
  return found;
}

const files = readdirSync(src, { recursive: true })
  .map(String)
  .filter((file) => /\.tsx?$/.test(file) && file.includes(sep));
const sources = files.filter((file) => !/\.test\.tsx?$/.test(file));

describe('the layers', () => {
  const table = readTable();

  it('have one row in src/README.md for every folder, and a folder for every row that has code', () => {
    const folders = new Set(files.map((file) => file.split(sep)[0] ?? ''));
    expect([...folders].filter((folder) => !table.has(folder))).toEqual([]);
    expect([...table.keys()].filter((row) => !folders.has(row))).toEqual([]);
  });

  it('import only what their row allows', () => {
    const imports = sources.flatMap(importsOf);
    expect(sources.length).toBeGreaterThan(100);
    expect(imports.length).toBeGreaterThan(300);
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const row = table.get(from);
      return from !== to && !row?.all.has(to) && !(typeOnly && row?.types.has(to));
    });
    expect(wrong.map(({ file, to, typeOnly }) => `${file} imports ${typeOnly ? 'types of ' : ''}${to}`)).toEqual([]);
  });

  it('never import a test or the testing folder outside tests', () => {
    const wrong = sources.flatMap(importsOf).filter(({ from, to }) => to === 'testing' && from !== 'testing');
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });
});
