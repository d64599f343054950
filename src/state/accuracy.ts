import { toErrorRecord } from '../base/error.ts';
import { formatShare, plural } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { AccuracyRequest } from '../engine/accuracy/types.ts';
import type { SamplePicture } from '../engine/accuracy/data.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { GivenAccuracyData, GivenFile } from '../protocol/api.ts';
import { NO_ACCURACY } from './accuracy-store.ts';
import { ALONE } from './alone.ts';
import type { Core } from './core.ts';

export interface AccuracyActions {
  /** Labelled data in place of others. */
  giveAccuracyFiles(files: readonly GivenFile[]): Promise<void>;
  /** The same data with other labels, targets or preprocessing. */
  changeAccuracyData(patch: Partial<Omit<GivenAccuracyData, 'files'>>): Promise<void>;
  /** Fields of the preprocessing in place of what was proposed; null: all as proposed. */
  setAccuracyPreprocess(changes: Readonly<Record<string, Json>> | null): Promise<void>;
  forgetAccuracyData(): Promise<void>;
  measureAccuracy(a: CompareSide, b: CompareSide | null, request: AccuracyRequest): Promise<void>;
  /** A sample as it lies in the files, or as the model gets it; null: it is no image, or cannot be had. */
  accuracyPicture(index: number, fed: boolean): Promise<SamplePicture | null>;
}

const TITLE = 'Measuring accuracy';

export function accuracyActions(core: Core): AccuracyActions {
  const { accuracy: store, document } = core;
  let reading = 0;
  let atWork: number | null = null;

  const reset = (): void => {
    reading++;
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
    store.setState(NO_ACCURACY);
  };
  core.onOpened(reset);

  /** What was in use stays so where the new data do not fit. */
  const use = async (given: GivenAccuracyData): Promise<void> => {
    const mine = ++reading;
    store.setState({ given, asking: true, error: null });
    try {
      const view = await core.client.call('accuracyData', { data: given });
      if (mine !== reading) return;
      store.setState({ used: given, view, asking: false, finding: null, partial: null });
      if (view) core.notices.announce(`${view.name}: ${plural(view.count, 'sample')}.`);
    } catch (caught) {
      if (mine !== reading) return;
      const error = toErrorRecord(caught);
      store.setState({ asking: false, error });
      core.notices.announce(`The data cannot be used. ${error.message}`);
    }
  };

  const again = async (patch: Partial<GivenAccuracyData>): Promise<void> => {
    const { given, used } = store.getState();
    // What could not be used is not built upon.
    const base = used ?? given;
    if (base) await use({ ...base, ...patch });
  };

  return {
    async giveAccuracyFiles(files) {
      if (files.length > 0) await use({ files, labels: null, targets: null, changes: {} });
    },
    changeAccuracyData: again,
    setAccuracyPreprocess: (changes) =>
      again({ changes: changes === null ? {} : { ...store.getState().used?.changes, ...changes } }),
    async forgetAccuracyData() {
      reset();
      await core.client.call('accuracyData', { data: null });
    },
    async measureAccuracy(a, b, request) {
      const { document: shown, failure } = document.getState();
      if (!shown || !store.getState().view) return;
      if (core.runner.isRunning(...ALONE, 'accuracy')) {
        core.notices.show({ tone: 'plain', title: 'Accuracy has to wait', text: 'Another job is still at work.' });
        return;
      }
      if (failure?.place === 'accuracy') document.setState({ failure: null });
      const { revision } = shown;
      let mine = 0;
      let partial = { done: 0, total: 0, right: [] as readonly number[] };
      try {
        const result = await core.runner.run('accuracy', TITLE, (call, id) => {
          mine = atWork = id;
          return core.client.call(
            'accuracy',
            { a, b, request },
            {
              ...call,
              onProgress({ right, ...progress }) {
                const { done = 0, total = 0 } = progress;
                if (right) partial = { done, total, right };
                call.onProgress?.(progress);
              },
            },
          );
        });
        if (atWork !== mine) return;
        store.setState({ finding: { a, b, revision, result }, partial: null });
        const [first] = result.models;
        const top1 = first?.metrics.kind === 'classification' ? `, top-1 ${formatShare(first.metrics.top1.share)}` : '';
        core.notices.announce(`${plural(result.samples, 'sample')} measured${top1}.`);
      } catch (error) {
        if (atWork !== mine) return;
        if (toErrorRecord(error).code === 'cancelled') store.setState({ partial });
        core.fail('accuracy', TITLE, error);
      } finally {
        if (atWork === mine) atWork = null;
      }
    },
    async accuracyPicture(index, fed) {
      try {
        return await core.client.call('accuracyPicture', { index, fed });
      } catch {
        // A picture is an extra: what the sample lacks is told where it is measured.
        return null;
      }
    },
  };
}
