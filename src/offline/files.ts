import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { HEADERS } from './policy.ts';

const WORKER = 'service-worker.js';
/** The line of the worker that the build fills in. */
const BUILD = /^const BUILD = .*;$/m;
/** By this a page says which version it is of. */
const VERSION = /<meta name="whittle-version" content="[^"]*" \/>/;
const versionMark = (version: string): string => `<meta name="whittle-version" content="${version}" />`;

/** SHA-256 by path, relative to the folder, with `/` between names. */
export type BuiltFiles = Readonly<Record<string, string>>;

/** Files of a built studio that its service worker keeps: all but itself and maps. */
function builtFiles(folder: string): BuiltFiles {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join('/'))
    .filter((path) => path !== WORKER && !path.endsWith('.map') && !path.split('/').at(-1)?.startsWith('.'))
    .sort();
  return Object.fromEntries(paths.map((path) => [path, hashOf(join(folder, path))]));
}

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const pagesOf = (files: BuiltFiles): string[] => Object.keys(files).filter((path) => path.endsWith('.html'));

function markPage(path: string, version: string): void {
  const text = readFileSync(path, 'utf8').replace(VERSION, '');
  writeFileSync(path, version === '' ? text : text.replace('</head>', `${versionMark(version)}</head>`));
}

/**
 * Makes a built folder one that can be kept: names a version after all that is in it, marks its pages with it, and tells
 * the service worker which files there are, with their hashes. Doing it again gives the same.
 *
 * @returns the files by path, as the worker keeps them
 * @throws Error where the folder has no service worker with a line to fill in
 */
export function sealBuild(folder: string): BuiltFiles {
  for (const path of pagesOf(builtFiles(folder))) markPage(join(folder, path), '');
  const unmarked = builtFiles(folder);
  const version = createHash('sha256').update(JSON.stringify(unmarked)).digest('hex').slice(0, 20);
  for (const path of pagesOf(unmarked)) markPage(join(folder, path), version);
  const files = builtFiles(folder);
  const worker = join(folder, WORKER);
  const text = readFileSync(worker, 'utf8');
  if (!BUILD.test(text)) throw new Error(`${worker} has no line "const BUILD = …;" to fill in.`);
  const build = JSON.stringify({ version, files, headers: HEADERS });
  writeFileSync(
    worker,
    text.replace(BUILD, () => `const BUILD = ${build};`),
  );
  return files;
}
