import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sealBuild } from './files.ts';
import { HEADERS, POLICY } from './policy.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

const PAGE = '<!doctype html><html><head><title>Studio</title></head><body></body></html>';

function built(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-built-'));
  folders.push(folder);
  mkdirSync(join(folder, 'assets'));
  const worker = "const BUILD = { version: '', files: {}, headers: {} };\nself.run();\n";
  const all = { 'index.html': PAGE, 'service-worker.js': worker, 'assets/a-1.js': 'a', 'assets/a-1.js.map': '{}' };
  for (const [path, text] of Object.entries({ ...all, ...files })) writeFileSync(join(folder, path), text);
  return folder;
}

interface Build {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}
function buildOf(folder: string): Build {
  const text = readFileSync(join(folder, 'service-worker.js'), 'utf8');
  expect(text).toContain('self.run();');
  return JSON.parse(/^const BUILD = (.*);$/m.exec(text)?.[1] ?? '') as Build;
}

describe('a built folder that is sealed', () => {
  it('lists every file but the worker and maps, with its hash, and the headers of every answer', () => {
    const folder = built();
    const files = sealBuild(folder);
    expect(Object.keys(files)).toEqual(['assets/a-1.js', 'index.html']);
    expect(files['assets/a-1.js']).toBe(createHash('sha256').update('a').digest('hex'));
    const build = buildOf(folder);
    expect(build.files).toEqual(files);
    expect(build.headers).toEqual(HEADERS);
    expect(build.version).toMatch(/^[0-9a-f]{20}$/);
  });

  it('has pages that say which version they are of', () => {
    const folder = built();
    const { 'index.html': hash } = sealBuild(folder);
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(page).toContain(`content="${buildOf(folder).version}"`);
    expect(page).toContain('<title>Studio</title>');
    expect(hash).toBe(createHash('sha256').update(page).digest('hex'));
  });

  it('is the same when it is sealed again, and another version when any file is another', () => {
    const folder = built();
    sealBuild(folder);
    const first = buildOf(folder);
    sealBuild(folder);
    expect(buildOf(folder)).toEqual(first);
    writeFileSync(join(folder, 'assets/a-1.js'), 'b');
    sealBuild(folder);
    expect(buildOf(folder).version).not.toBe(first.version);
  });

  it('is refused where its worker has nothing to fill in', () => {
    const folder = built({ 'service-worker.js': 'self.run();' });
    expect(() => sealBuild(folder)).toThrow(/no line "const BUILD/);
  });
});

describe('the policy', () => {
  it('lets nothing be loaded or run but what lies beside the page', () => {
    const directives = new Map(POLICY.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'self'"]);
    expect(directives.get('script-src')).toEqual(["'self'", "'wasm-unsafe-eval'"]);
    for (const name of ['object-src', 'base-uri', 'form-action']) expect(directives.get(name)).toEqual(["'none'"]);
    expect(POLICY).not.toMatch(/https?:|\*/);
  });
});
