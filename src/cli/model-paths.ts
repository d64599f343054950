import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { UsageError } from './arguments.ts';

/** The models that arguments name. */
export interface ModelPaths {
  readonly paths: readonly string[];
  /** Whether a pattern, a folder or several arguments were given: then results are lists, also of one. */
  readonly many: boolean;
}

const isModel = (name: string): boolean => /\.onnx$/i.test(name);

function modelsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => isModel(name) && !name.split(sep).some((part) => part.startsWith('.')))
    .map((name) => join(folder, name));
}

/**
 * What is there is taken by its name, whatever that looks like; a folder stands for all models below it, and a pattern
 * (`*`, `**`, `?`, `[a-c]`, `{a,b}`) for what it matches, also where no shell has expanded it.
 */
function expand(argument: string): { readonly paths: readonly string[]; readonly many: boolean } {
  if (argument.startsWith('sample:')) return { paths: [argument], many: false };
  const found = statSync(argument, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) return { paths: [argument], many: false };
  if (!found && !isDynamicPattern(argument)) return { paths: [argument], many: false };
  const paths = found
    ? modelsBelow(argument)
    : globSync(argument, { expandDirectories: false, absolute: isAbsolute(argument) });
  if (paths.length > 0) return { paths: paths.toSorted(), many: true };
  throw new UsageError(found ? `There is no .onnx file below ${argument}.` : `No file matches ${argument}.`);
}

/** The models of all arguments in their order, each once. Throws `UsageError` where one names nothing. */
export function modelPaths(given: readonly string[]): ModelPaths {
  const expanded = given.map(expand);
  const seen = new Map<string, string>();
  for (const path of expanded.flatMap(({ paths }) => paths)) {
    const key = path.startsWith('sample:') ? path : resolve(path);
    if (!seen.has(key)) seen.set(key, path);
  }
  return { paths: [...seen.values()], many: given.length > 1 || expanded.some(({ many }) => many) };
}

/** File names for results of several models: their own, with as much of their folders as tells them apart. */
export function resultNames(paths: readonly string[]): readonly string[] {
  const full = paths.map((path) => (path.startsWith('sample:') ? `${path.slice(7)}.onnx` : resolve(path)));
  const folders = full.map((path) => path.split(sep).slice(0, -1));
  const [first = []] = folders;
  const differs = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  const root = first.slice(0, differs === -1 ? Math.min(...folders.map((folder) => folder.length)) : differs).join(sep);
  return full.map((path) => (root === '' ? path.replace(/^([/\\]|[a-z]:)+/i, '') : relative(root || sep, path)));
}
