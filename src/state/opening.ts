import { CodedError, toErrorRecord, type ErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Recipe } from '../recipe/types.ts';
import { ALONE } from './alone.ts';
import type { Core, Opened, Source } from './core.ts';
import type { DocumentState } from './document.ts';
import { namesWeights } from './exporting.ts';
import { readRecipe, sortFiles } from './files.ts';
import type { ReportView } from './link/report-view.ts';

export interface OpeningActions {
  /** Files as dropped or chosen: a model with its data, a recipe or report, or data that the open model waits for. */
  openFiles(files: readonly File[]): Promise<void>;
  openSample(id: string): Promise<void>;
  /** Replays a recipe on the open model, or keeps it until its model is dropped. */
  useRecipe(name: string, recipe: Recipe, report?: ReportView): Promise<void>;
  dropPendingRecipe(): void;
  dismissOpenError(): void;
  /** Back to the start page. The workers keep the model until another one is opened. */
  close(): void;
  cancelOpening(): void;
}

const isArchive = (file: File): boolean => /\.zip$/i.test(file.name);
const bytesOf = (files: readonly File[]): number => files.reduce((sum, file) => sum + file.size, 0);

export function openingActions(core: Core, replay: (recipe: Recipe, name: string) => Promise<boolean>): OpeningActions {
  const { document: store } = core;

  const refuse = (name: string | null, caught: unknown): void => {
    const error: ErrorRecord = toErrorRecord(caught);
    const status = store.getState().document ? 'open' : 'empty';
    if (error.code === 'cancelled') {
      store.setState({ status, opening: null });
      return;
    }
    store.setState({ status, opening: null, openError: error, openErrorName: name });
    core.notices.announce(`${name ?? 'The file'} could not be opened. ${error.message}`);
  };

  const take = (source: Source, opened: Opened): void => {
    core.source = source;
    const files = 'files' in source ? source.files.slice(1) : [];
    store.setState({
      opening: null,
      origin: null,
      sample: 'sample' in source ? source.sample : null,
      opened: store.getState().opened + 1,
      benches: [],
      external: files.map((file) => ({ name: file.name, bytes: file.size })),
    });
    core.view.setState({
      workspace: 'studio',
      selected: null,
      selectedGroup: null,
      search: '',
      matches: null,
      paths: null,
      queryError: null,
      unfolded: new Set(),
      dock: 'recipe',
      diff: false,
    });
    core.adopt(opened);
    const { document } = opened;
    const nodes = plural(document.stops[0]?.summary.nodes ?? 0, 'node');
    core.notices.announce(`${document.name} is open: ${nodes}.`);
  };

  /** True when the model is open. */
  const open = async (source: Source, name: string): Promise<boolean> => {
    if (core.runner.isRunning(...ALONE, 'apply', 'replay', 'open', 'recover', 'train')) {
      core.notices.show({ tone: 'plain', title: `${name} has to wait`, text: 'Another job is still at work.' });
      return false;
    }
    const files = 'files' in source ? source.files : [];
    try {
      const opened = await core.runner.run('open', `Opening ${name}`, (call, job) => {
        const bytes = files.length > 0 ? bytesOf(files) : null;
        const opening = { name, bytes, files: files.length, job };
        store.setState({ status: 'opening', opening, openError: null, openErrorName: null });
        return core.prepared(core.client.call('open', 'files' in source ? { files } : { sample: source.sample }, call));
      });
      take(source, opened);
      return true;
    } catch (error) {
      refuse(name, error);
      return false;
    }
  };

  const useRecipe = async (name: string, recipe: Recipe, report?: ReportView): Promise<void> => {
    const { document, status } = store.getState();
    // One that comes while a model is being opened is for that model.
    if (document && status !== 'opening') await replay(recipe, name);
    else store.setState({ pending: { name, recipe, ...(report && { report }) }, openError: null, openErrorName: null });
  };

  /** The recipe of an archive, whose weights the worker takes. */
  const unpacked = async (file: File): Promise<File> => {
    const { name, text } = await core.client.call('unpackRecipe', { archive: { name: file.name, file } });
    return new File([text], name);
  };

  /** A recipe by itself, or in a report; of this or an earlier version. */
  const parsedRecipe = async (file: File): Promise<NonNullable<DocumentState['pending']>> => {
    const { value, report } = readRecipe(file.name, await file.text());
    const { recipe } = await core.client.call('readRecipe', { value });
    if (report) {
      const text = `Made for ${report.model.name}: ${plural(recipe.steps.length, 'step')}.`;
      core.notices.show({ tone: 'plain', title: `Recipe of ${file.name}`, text });
    }
    return report ? { name: `Report ${file.name}`, recipe, report } : { name: file.name, recipe };
  };

  /** Learnt weights come before the recipe that names them; by themselves they are for the one that is open. */
  const giveWeights = async (weights: readonly File[], withRecipe: boolean): Promise<void> => {
    await core.client.call('giveWeights', { files: weights.map((file) => ({ name: file.name, file })) });
    core.notices.announce(`${plural(weights.length, 'file')} of learnt weights read.`);
    const { document } = store.getState();
    const recipe = core.fullRecipe ?? document?.recipe;
    if (!withRecipe && document && recipe && recipe.steps.length > 0) await replay(recipe, document.name);
  };

  /** Some recipe at hand names learnt weights: a file of weights is for it, and not to be looked at. */
  const waitsForWeights = (): boolean => {
    const { document, pending } = store.getState();
    const recipes = [core.fullRecipe ?? document?.recipe, pending?.recipe];
    return recipes.some((recipe) => recipe !== undefined && namesWeights(recipe));
  };

  /** Shows the header of a file that holds tensors and no graph. What is open stays open. */
  const lookAt = async (file: File): Promise<void> => {
    const found = await core.client.call('tensorFile', { file: { name: file.name, file } });
    core.view.setState({ tensorFile: found });
  };

  /** Opens a model; a recipe that waited for it is replayed. */
  const openAndReplay = async (source: Source, name: string): Promise<void> => {
    const isOpen = await open(source, name);
    const { document, pending } = store.getState();
    if (!pending) return;
    const replayHere = (): Promise<unknown> => {
      store.setState({ pending: null });
      return replay(pending.recipe, pending.name);
    };
    if (isOpen) await replayHere();
    else if (document) {
      const action = { label: `Replay on ${document.name}`, run: () => void replayHere() };
      const text = `${name} did not open. The recipe is for the model that is opened next.`;
      core.notices.show({ tone: 'plain', title: `${pending.name} waits`, text, action });
    }
  };

  /** Data that the open model waited for: the model is opened again with it, and its recipe replayed. */
  const addData = async (data: readonly File[]): Promise<void> => {
    const { document } = store.getState();
    if (!document || !core.source || !('files' in core.source)) {
      throw new CodedError('bad-request', 'There is no model among these files. Drop the .onnx file with its data.');
    }
    const names = new Set(data.map((file) => file.name));
    const kept = core.source.files.filter((file, index) => index === 0 || !names.has(file.name));
    const recipe = core.fullRecipe ?? document.recipe;
    if (!(await open({ files: [...kept, ...data] }, document.name))) return;
    if (recipe.steps.length > 0) await replay(recipe, document.name);
  };

  return {
    async openFiles(files) {
      if (files.length === 0) return;
      try {
        const given = await Promise.all(files.map(async (file) => (isArchive(file) ? unpacked(file) : file)));
        const { model, data, recipe, weights, looked } = sortFiles(given, store.getState().document?.missing ?? []);
        const isLearnt = recipe !== null || waitsForWeights();
        if (weights.length > 0 && isLearnt) await giveWeights(weights, recipe !== null);
        const [shown] = isLearnt ? looked : [...weights, ...looked];
        if (shown) await lookAt(shown);
        const parsed = recipe && (await parsedRecipe(recipe));
        if (model) {
          if (parsed) store.setState({ pending: parsed });
          await openAndReplay({ files: [model, ...data] }, model.name);
        } else {
          if (data.length > 0) await addData(data);
          if (parsed) await useRecipe(parsed.name, parsed.recipe, parsed.report);
        }
      } catch (error) {
        refuse(files[0]?.name ?? null, error);
      }
    },
    async openSample(id) {
      const title = store.getState().samples.find((sample) => sample.id === id)?.title ?? id;
      await openAndReplay({ sample: id }, title);
    },
    useRecipe,
    dropPendingRecipe: () => store.setState({ pending: null }),
    dismissOpenError: () => store.setState({ openError: null, openErrorName: null }),
    close() {
      core.source = null;
      const cleared = {
        document: null,
        picture: null,
        origin: null,
        preview: null,
        prune: null,
        sites: {},
        benches: [],
      };
      // Nothing is left to go on with.
      store.setState({
        status: 'empty',
        session: null,
        openError: null,
        openErrorName: null,
        failure: null,
        ...cleared,
      });
    },
    cancelOpening() {
      const { opening } = store.getState();
      if (opening) core.runner.cancel(opening.job);
    },
  };
}
