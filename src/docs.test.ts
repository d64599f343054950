import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PASSES } from './passes/index.ts';
import { readPages, ROOT, spokenCommands, textOf, writtenCommands } from './testing/docs.ts';
import { readPage, type Page } from './testing/markdown.ts';

/** All told in the same order. */
const CAPABILITIES = [
  'docs/benchmark.md',
  'docs/fusion.md',
  'docs/kv-cache.md',
  'docs/pruning.md',
  'docs/reports.md',
  'docs/search.md',
  'docs/studio.md',
  'docs/training.md',
  'docs/verification.md',
];
const ORDER = ['What', 'Why', 'How it is used', 'How it is checked', 'What was measured', 'Limits'];

/** What is wrong with the links of a page: their targets, sections there, words of pictures. */
function brokenLinks(name: string, page: Page): string[] {
  return page.links.flatMap(({ target, text, picture }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const place = join(dirname(name), path);
    if (path !== '' && !existsSync(join(ROOT, place))) return [`${name}: ${target} leads nowhere`];
    if (picture && (text === '' || statSync(join(ROOT, place)).size === 0)) return [`${name}: ${target} shows nothing`];
    if (anchor === undefined) return [];
    const there = path === '' ? page : readPage(textOf(place));
    return there.anchors.has(anchor) ? [] : [`${name}: there is no section of ${target}`];
  });
}

const pages = readPages();
const names = [...pages.keys()];

describe('the documentation', () => {
  it('is a short README, and a page for each capability, told in the same order', () => {
    expect(statSync(join(ROOT, 'README.md')).size).toBeLessThan(20_000);
    for (const name of CAPABILITIES) {
      expect(
        pages.get(name)?.headings.filter((title) => ORDER.includes(title)),
        name,
      ).toEqual(ORDER);
    }
  });

  it('has links that lead to files and sections, pictures that are there, and no page that none leads to', () => {
    const links = [...pages.values()].flatMap((page) => page.links);
    expect(links.length).toBeGreaterThan(80);
    expect(links.filter(({ picture }) => picture).length).toBeGreaterThan(6);
    expect([...pages].flatMap(([name, page]) => brokenLinks(name, page))).toEqual([]);
    const reached = new Set(
      [...pages].flatMap(([name, page]) =>
        page.links.map(({ target }) => join(dirname(name), target.replace(/#.*/, ''))),
      ),
    );
    expect(names.filter((name) => name !== 'README.md' && !reached.has(name))).toEqual([]);
  });

  it('would tell of links that lead nowhere', () => {
    const links = '[a](none.md) [b](#top) [c](#bottom) [d](README.md#none) ![e](none.png) ![](kv-cache.png)';
    expect(brokenLinks('docs/made-up.md', readPage(`# Top\n\n${links} [f](https://example.org)`))).toEqual([
      'docs/made-up.md: none.md leads nowhere',
      'docs/made-up.md: there is no section of #bottom',
      'docs/made-up.md: there is no section of README.md#none',
      'docs/made-up.md: none.png leads nowhere',
      'docs/made-up.md: kv-cache.png shows nothing',
    ]);
  });

  it('names files, scripts and measurements that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const [, sections = ''] = /const SECTIONS = \[([^\]]*)\]/.exec(textOf('scripts/bench.mjs')) ?? [];
    const wrong: string[] = [];
    let looked = 0;
    const hold = (name: string, what: string, holds: boolean): void => {
      looked += 1;
      if (!holds) wrong.push(`${name}: ${what}`);
    };
    for (const [name, page] of pages) {
      for (const code of page.code.filter((each) => /^(src|e2e|scripts)\/[\w./-]+$/.test(each))) {
        hold(name, code, existsSync(join(ROOT, code)));
      }
      for (const [first, second = '', third = '', , ...rest] of [...spokenCommands(page), ...writtenCommands(page)]) {
        if (first === 'node' && !second.startsWith('-')) hold(name, second, existsSync(join(ROOT, second)));
        if (first !== 'npm' || second !== 'run' || third.startsWith('-')) continue;
        hold(name, `npm run ${third}`, third in scripts);
        const parts = third === 'bench' ? rest : [];
        for (const part of parts) hold(name, `npm run bench -- ${part}`, sections.includes(`'${part}'`));
      }
    }
    expect(wrong).toEqual([]);
    expect(looked).toBeGreaterThan(100);
  });

  it('shows code as it stands in the source', () => {
    const excerpts = [...pages.values()]
      .flatMap(({ blocks }) => blocks)
      .filter(({ info }) => info.startsWith('ts src/'));
    expect(excerpts.length).toBeGreaterThan(2);
    for (const { info, text } of excerpts) {
      const source = textOf(info.slice('ts '.length));
      for (const part of text.split('\n\n')) expect(source).toContain(part);
    }
  });

  it('speaks of every pass', () => {
    const code = new Set([...pages.values()].flatMap((page) => page.code));
    expect(PASSES.map(({ id }) => id).filter((id) => !code.has(id))).toEqual([]);
  });
});
