import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundleOf } from '../engine/bundle/of-studio.ts';
import { RUNTIME_FILES } from '../engine/bundle/page.ts';
import { renderHtml } from '../report/html.ts';
import { renderJson } from '../report/json.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { ReportData } from '../report/types.ts';
import type { Arguments, Options } from './arguments.ts';
import type { CommandStudio } from './studio.ts';
import { writeFile } from './write-file.ts';

export const packingOptions: Options = {
  'external-data': {
    type: 'string',
    value: 'BYTES',
    help: 'initializers of at least so many bytes go to OUT.data, beside the model',
  },
  bundle: { type: 'string', value: 'FILE', help: 'write a zip: model, recipe, reports, options, a page that runs it' },
  'bundle-runtime': { type: 'boolean', help: 'put ONNX Runtime Web into the bundle, so that its page runs by itself' },
};

/** `--external-data`; null: it was not given. */
export const thresholdOf = (args: Arguments): number | null =>
  args.number('external-data', { min: 0, max: 2 ** 31, integer: true });

/** ONNX Runtime Web as it is installed here, for the page of a bundle. */
function installedRuntime(): Record<string, Uint8Array> {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  return Object.fromEntries(RUNTIME_FILES.map((name) => [name, readFileSync(join(folder, name))]));
}

interface BundleOptions {
  /** As `--external-data`; null: all is in the model. */
  readonly threshold: number | null;
  readonly withRuntime: boolean;
}

/** Writes the model at the cursor with recipe, reports and a page that runs it, as a zip. */
export async function writeBundle(
  path: string,
  studio: CommandStudio,
  report: ReportData,
  { threshold, withRuntime }: BundleOptions,
): Promise<void> {
  const reports = { html: renderHtml(report), md: renderMarkdown(report), json: renderJson(report) };
  const runtime = withRuntime ? installedRuntime() : null;
  writeFile(path, await bundleOf(studio, { reports, threshold, runtime }));
}
