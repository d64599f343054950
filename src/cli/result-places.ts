import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError, type Arguments } from './arguments.ts';
import { resultNames } from './model-paths.ts';
import { makeFolder, requireWritable } from './write-file.ts';

/** Where the results of one model go; null: they do not. */
export interface Places {
  readonly out: string;
  readonly report: string | null;
  readonly recipe: string | null;
  readonly bundle: string | null;
}

/**
 * Options that name places: files for one model, folders for several, in which results are called as their models are,
 * with as much of their folders as tells them apart.
 */
export function placesFor(args: Arguments, all: readonly string[] | null): (path: string) => Places {
  const out = args.text('out');
  if (!out) throw new UsageError('-o is missing.');
  const [report, recipe, bundle] = [args.text('report'), args.text('save-recipe'), args.text('bundle')];
  const given = Object.entries({ out, report, 'save-recipe': recipe, bundle });
  if (!all) {
    for (const [name, path] of given) if (path !== null) requireWritable(path, name);
    return () => ({ out, report, recipe, bundle });
  }
  for (const [name, path] of given) if (path !== null) makeFolder(path, name);
  const names = resultNames(all);
  return (path) => {
    const name = names[all.indexOf(path)] ?? path;
    const place = (folder: string, ending: string): string => {
      const file = join(folder, name.replace(/\.onnx$/i, ending));
      mkdirSync(dirname(file), { recursive: true });
      return file;
    };
    return {
      out: place(out, '.onnx'),
      report: report && place(report, '.html'),
      recipe: recipe && place(recipe, '.json'),
      bundle: bundle && place(bundle, '.zip'),
    };
  };
}
