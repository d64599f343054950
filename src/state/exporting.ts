import { formatBytes } from '../base/format.ts';
import { createJob, type Job } from '../base/job.ts';
import { weightsNamed } from '../base/named-weights.ts';
import type { Recipe } from '../recipe/types.ts';
import type { ReportData, ReportFinding } from '../report/types.ts';
import type { Core } from './core.ts';

export interface ExportingActions {
  /** Writes the model at the cursor and hands it over as a file; true when that happened. */
  saveModel(): Promise<boolean>;
  /** As `saveModel`, as two files: the model, and its weights beside it. */
  saveBeside(): Promise<void>;
  /** Model, recipe, reports and a page that runs it, as a zip; with the runtime's files, so that it needs nothing else. */
  saveBundle(reports: Readonly<Record<string, string>>, runtime: boolean): Promise<void>;
  /** The decoder at the cursor, with a loop that drives it, as a zip. */
  saveDecoder(): Promise<void>;
  /** With the learnt weights that its steps name, as an archive, where there are any. */
  saveRecipe(): Promise<void>;
  /** JSON of the options that the model at the cursor is to be loaded with; null: as ever, or it could not be had. */
  sessionText(): Promise<string | null>;
  /** Everything that a report shows; null when it could not be gathered. */
  reportData(findings?: readonly ReportFinding[]): Promise<ReportData | null>;
  /** Opens the dialog that saves the graph as a picture. */
  askForPicture(): void;
  /** Runs a drawing of the page's as a job and hands the file over; true when that happened. */
  savePicture(file: string, draw: (job: Job) => Promise<Blob>): Promise<boolean>;
  /** Puts a text on the clipboard. `what`: "Session options". */
  copyText(text: string, what: string): Promise<void>;
  /** Hands any file to the person. */
  saveFile(name: string, content: Blob): void;
}

/** `mobilenetv2.onnx` → `mobilenetv2`. */
export const stemOf = (name: string): string => name.replace(/\.onnx$/i, '');
export const modelFileName = (name: string): string => `${stemOf(name)}.whittled.onnx`;
export const bundleFileName = (name: string): string => `${stemOf(name)}.whittled.zip`;
export const decoderFileName = (name: string): string => `${stemOf(name)}.decoder.zip`;
export const sessionFileName = (name: string): string => `${stemOf(name)}.whittled.session.json`;
export const pictureFileName = (name: string, ending: string): string => `${stemOf(name)}.${ending}`;
export const archiveFileName = (name: string): string => `${stemOf(name)}.recipe.zip`;
/** Some steps learnt their weights. */
export const namesWeights = ({ steps }: Pick<Recipe, 'steps'>): boolean => weightsNamed(steps).length > 0;
export const recipeFileName = (name: string): string => `${stemOf(name)}.recipe.json`;

/** Hands a recipe over as a file, with the learnt weights that it names as an archive; true: it is one. `model`: its name. */
export async function handRecipe(core: Core, model: string, recipe: Recipe): Promise<boolean> {
  const name = recipeFileName(model);
  const text = recipeText(recipe);
  const packed = namesWeights(recipe) ? await core.client.call('packRecipe', { name, text }) : null;
  core.platform.save(
    packed ? archiveFileName(model) : name,
    new Blob([packed ?? text], { type: packed ? 'application/zip' : 'application/json' }),
  );
  return packed !== null;
}
export const recipeText = (recipe: Recipe): string => `${JSON.stringify(recipe, null, 2)}\n`;

export function exportingActions(core: Core): ExportingActions {
  const { document: store } = core;
  const actions: ExportingActions = {
    async saveModel() {
      const { document } = store.getState();
      if (!document) return false;
      const title = `Writing ${modelFileName(document.name)}`;
      try {
        const parcel = await core.runner.run('export', title, (call) => core.client.call('exportModel', null, call));
        const session = await core.client.call('sessionText', null);
        core.platform.save(modelFileName(document.name), new Blob([parcel.bytes]));
        if (session !== null) {
          core.platform.save(sessionFileName(document.name), new Blob([session], { type: 'application/json' }));
        }
        store.setState({ savedRecipe: document.recipe });
        core.notices.show({ tone: 'good', title: 'Model saved', text: modelFileName(document.name) });
        return true;
      } catch (error) {
        return core.fail('export', title, error) ?? false;
      }
    },
    async saveBeside() {
      const { document } = store.getState();
      if (!document) return;
      const file = modelFileName(document.name);
      const location = `${file}.data`;
      try {
        const { model, data } = await core.runner.run('export', `Writing ${file}`, (call) =>
          core.client.call('exportBeside', { location }, call),
        );
        core.platform.save(file, new Blob([model]));
        if (data) core.platform.save(location, new Blob([data]));
        store.setState({ savedRecipe: document.recipe });
        const about = data ? `${file}, and beside it ${location} · ${formatBytes(data.byteLength)}` : file;
        core.notices.show({ tone: 'good', title: 'Model saved', text: about });
      } catch (error) {
        core.fail('export', file, error);
      }
    },
    async saveBundle(reports, runtime) {
      const { document } = store.getState();
      if (!document) return;
      const file = bundleFileName(document.name);
      try {
        const bytes = await core.runner.run('export', `Writing ${file}`, (call) =>
          core.client.call('exportBundle', { reports, runtime }, call),
        );
        core.platform.save(file, new Blob([bytes], { type: 'application/zip' }));
        store.setState({ savedRecipe: document.recipe });
        core.notices.show({ tone: 'good', title: 'Bundle saved', text: `${file} · ${formatBytes(bytes.byteLength)}` });
      } catch (error) {
        core.fail('export', file, error);
      }
    },
    async saveDecoder() {
      const { document } = store.getState();
      if (!document) return;
      const file = decoderFileName(document.name);
      try {
        const bytes = await core.runner.run('export', `Writing ${file}`, (call) =>
          core.client.call('exportDecoder', null, call),
        );
        core.platform.save(file, new Blob([bytes], { type: 'application/zip' }));
        core.notices.show({ tone: 'good', title: 'Decoder saved', text: `${file} · ${formatBytes(bytes.byteLength)}` });
      } catch (error) {
        core.fail('export', file, error);
      }
    },
    async saveRecipe() {
      const { document } = store.getState();
      if (!document) return;
      try {
        const isPacked = await handRecipe(core, document.name, document.recipe);
        store.setState({ savedRecipe: document.recipe });
        const about = isPacked
          ? 'It holds the steps, and the weights that were learnt.'
          : 'It holds the steps, not the weights.';
        core.notices.show({ tone: 'good', title: 'Recipe saved', text: about });
      } catch (error) {
        core.fail('export', 'The recipe', error);
      }
    },
    async sessionText() {
      try {
        return await core.client.call('sessionText', null);
      } catch (error) {
        return core.fail('export', 'The session options', error);
      }
    },
    async reportData(findings = []) {
      const { benches, document } = store.getState();
      if (!document) return null;
      const shown = benches.filter(
        (bench) => bench.a === 0 && bench.b === document.cursor && bench.loads === undefined,
      );
      const gains = document.stops.slice(1, document.cursor + 1).flatMap((_, i) => {
        const entry = benches.findLast(({ a, b, loads }) => a === i && b === i + 1 && loads === undefined);
        return entry ? [{ stop: i + 1, result: entry.result }] : [];
      });
      try {
        return await core.runner.run('export', 'Gathering the report', (call) =>
          core.client.call('reportData', { benches: shown.map((bench) => bench.result), gains, findings }, call),
        );
      } catch (error) {
        return core.fail('export', 'The report', error);
      }
    },
    askForPicture: () => core.view.setState({ picturing: true, workspace: 'studio' }),
    async savePicture(file, draw) {
      const title = `Drawing ${file}`;
      try {
        const picture = await core.runner.run('export', title, ({ signal, onProgress }) =>
          draw(createJob(signal ?? new AbortController().signal, onProgress ?? (() => {}))),
        );
        core.platform.save(file, picture);
        core.notices.show({ tone: 'good', title: 'Picture saved', text: `${file} · ${formatBytes(picture.size)}` });
        return true;
      } catch (error) {
        return core.fail('document', title, error) ?? false;
      }
    },
    async copyText(text, what) {
      try {
        await core.platform.copy(text);
        core.notices.show({ tone: 'good', title: `${what} copied`, text: formatBytes(text.length) });
      } catch (error) {
        core.fail('export', `Copying: ${what}`, error);
      }
    },
    saveFile: (name, content) => core.platform.save(name, content),
  };
  return actions;
}
