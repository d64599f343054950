import { toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { GivenData, GivenFile } from '../protocol/api.ts';
import { ALONE } from './alone.ts';
import type { Core } from './core.ts';

export interface CalibratingActions {
  /** Activations are observed on these files from now on; what was set for others is forgotten. */
  giveData(files: readonly GivenFile[]): Promise<void>;
  /** The same data, used otherwise: other labels, another number of samples. */
  changeData(patch: Partial<Pick<GivenData, 'labels' | 'samples'>>): Promise<void>;
  /** Sets a field of the preprocessing in place of what was proposed. */
  setPreprocess(key: string, value: Json): Promise<void>;
  /** Takes the preprocessing as it was proposed. */
  resetPreprocess(): Promise<void>;
  /** Back to made-up inputs. */
  removeData(): Promise<void>;
}

/** Samples that are used unless a person says otherwise: statistics of channels settle on few. */
export const SAMPLES = 64;

/** @param changed told once other data are in use */
export function calibratingActions(core: Core, changed: () => Promise<void>): CalibratingActions {
  const { document: store } = core;
  let atWork: number | null = null;

  /** Why the data may not be read now; null: they may. Reading beside a measurement would disturb it. */
  const isBlocked = (): boolean => {
    if (!core.runner.isRunning(...ALONE, 'open', 'recover')) return false;
    core.notices.show({ tone: 'plain', title: 'The data have to wait', text: 'Another job is still at work.' });
    return true;
  };

  /** What was in use before stays so where the new data do not fit, and where they are cancelled. */
  const use = async (given: GivenData): Promise<void> => {
    if (isBlocked()) return;
    const { opened, calibration: before } = store.getState();
    if (atWork !== null) core.runner.cancel(atWork);
    let mine = 0;
    const isLate = (): boolean => atWork !== mine || store.getState().opened !== opened;
    const inUse = { view: before?.view ?? null, used: before?.used ?? null };
    store.setState({ calibration: { given, ...inUse, error: null, asking: true } });
    try {
      const view = await core.runner.run('calibrate', 'Reading calibration data', (call, id) => {
        atWork = mine = id;
        return core.client.call('calibrate', { data: given }, call);
      });
      if (isLate()) return;
      store.setState({ calibration: { given, view, used: given, error: null, asking: false } });
      if (view) core.notices.announce(`${view.name}: ${plural(view.used, 'sample')} in use.`);
      await changed();
    } catch (caught) {
      if (isLate()) return;
      const error = toErrorRecord(caught);
      if (error.code !== 'cancelled') store.setState({ calibration: { given, ...inUse, error, asking: false } });
      else if (!inUse.used) store.setState({ calibration: null });
      else store.setState({ calibration: { given: inUse.used, ...inUse, error: null, asking: false } });
      core.notices.announce(error.code === 'cancelled' ? 'Cancelled.' : `The data cannot be used. ${error.message}`);
    }
  };

  const again = async (patch: Partial<GivenData>): Promise<void> => {
    const { calibration } = store.getState();
    if (calibration) await use({ ...calibration.given, ...patch });
  };

  core.onOpened(() => {
    if (atWork !== null) core.runner.cancel(atWork);
    atWork = null;
    store.setState({ calibration: null });
  });

  return {
    async giveData(files) {
      if (files.length === 0) return;
      const samples = store.getState().calibration?.given.samples ?? SAMPLES;
      await use({ files, labels: null, samples, changes: {} });
    },
    changeData: again,
    async setPreprocess(key, value) {
      await again({ changes: { ...store.getState().calibration?.given.changes, [key]: value } });
    },
    resetPreprocess: () => again({ changes: {} }),
    async removeData() {
      const { calibration } = store.getState();
      if (!calibration || isBlocked()) return;
      if (atWork !== null) core.runner.cancel(atWork);
      atWork = null;
      try {
        await core.client.call('calibrate', { data: null });
        store.setState({ calibration: null });
        core.notices.announce('Made-up inputs are in use.');
        if (calibration.view) await changed();
      } catch (error) {
        core.fail('prune', 'Removing the data', error);
      }
    },
  };
}
