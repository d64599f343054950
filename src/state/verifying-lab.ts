import { toErrorRecord, type ErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { CompareSide } from '../engine/compare-types.ts';
import type { LabResult } from '../engine/verify-lab/types.ts';
import type { GivenFile, LabData } from '../protocol/api.ts';
import { ALONE } from './alone.ts';
import { bind, ifHolds, type Bound } from './bound.ts';
import type { Core } from './core.ts';
import { fitVerify, FIRST_SETUP, type VerifyInputs, type VerifySetup } from './verify-lab-store.ts';

export interface VerifyingLabActions {
  setUpVerify(patch: Partial<VerifySetup>): void;
  /** Compares on these files too; what was given before goes. */
  giveVerifyInputs(files: readonly GivenFile[]): Promise<void>;
  /** The same files, used otherwise. */
  changeVerifyInputs(patch: Partial<Pick<LabData, 'samples' | 'changes'>>): Promise<void>;
  /** Sets a field of the preprocessing in place of what was proposed. */
  setVerifyPreprocess(key: string, value: Json): Promise<void>;
  /** Back to made-up inputs. */
  removeVerifyInputs(): void;
  /** Runs the comparison that is set up. */
  runVerifyLab(): Promise<LabResult | null>;
  /** Goes to the model that was compared, with the nodes of these values lit: indices into the values inside. */
  showVerified(values: readonly number[]): Promise<void>;
  /** Hands the input on which the outputs differ to the person. */
  saveFailingInput(): Promise<void>;
  dismissVerifyError(): void;
}

interface Others {
  moveTo(cursor: number): Promise<void>;
  focusNode(node: number): void;
}

/** Inputs of one's own that are used unless a person says otherwise. */
const SAMPLES = 8;
const TITLE = 'Verification';

/** The latest stop among the two: the steps up to it made both. */
const lastStop = (sides: readonly CompareSide[]): number =>
  Math.max(0, ...sides.map((side) => (side === 'second' ? 0 : side)));

export function verifyingLabActions(core: Core, others: Others): VerifyingLabActions {
  const { verifyLab: store, document, compare, view, notices } = core;
  let bound: Bound<null> | null = null;
  /** The reading of files that counts: a later one, or another model, makes an answer late. */
  let reading = 0;

  core.onAdopt(() => {
    if (store.getState().verified && !ifHolds(core, bound)) store.setState({ stale: true });
  });
  core.onOpened(() => {
    reading += 1;
    store.setState({ setup: FIRST_SETUP, inputs: null, verified: null, stale: false, error: null });
  });
  compare.subscribe(({ second }, before) => {
    if (second === before.second) return;
    const { verified } = store.getState();
    if (verified && [verified.result.a, verified.result.b].some(({ side }) => side === 'second')) {
      store.setState({ stale: true });
    }
  });

  const fitted = () => {
    const { document: shown, capabilities } = document.getState();
    return fitVerify(store.getState().setup, {
      stops: shown?.stops.length ?? 1,
      cursor: shown?.cursor ?? 0,
      hasSecond: compare.getState().second !== null,
      hasWebgpu: capabilities?.webgpu != null,
    });
  };

  const isBlocked = (): boolean => {
    if (!core.runner.isRunning(...ALONE, 'open', 'recover')) return false;
    const text = 'A measurement is running. It needs the device for itself.';
    notices.show({ tone: 'plain', title: 'The comparison has to wait', text });
    return true;
  };

  const read = async (given: LabData): Promise<void> => {
    const mine = (reading += 1);
    const take = (patch: Omit<VerifyInputs, 'given'>): void => {
      if (mine === reading) store.setState({ inputs: { given, ...patch } });
    };
    take({ view: null, error: null, asking: true });
    try {
      const found = await core.runner.run('calibrate', 'Reading your inputs', (call) =>
        core.client.call('labInputs', { side: fitted().a, data: given }, call),
      );
      take({ view: found, error: null, asking: false });
      notices.announce(`${found.name}: ${plural(found.used, 'input')} in use.`);
    } catch (caught) {
      const error = toErrorRecord(caught);
      take({ view: null, error, asking: false });
      notices.announce(error.code === 'cancelled' ? 'Cancelled.' : `The files cannot be used. ${error.message}`);
    }
  };

  const again = async (patch: Partial<LabData>): Promise<void> => {
    const { inputs } = store.getState();
    if (inputs) await read({ ...inputs.given, ...patch });
  };

  const failed = (error: ErrorRecord): null => {
    if (error.code === 'cancelled') notices.announce(`${TITLE}: cancelled.`);
    else {
      store.setState({ error });
      notices.announce(`${TITLE} failed. ${error.message}`);
    }
    return null;
  };

  return {
    setUpVerify(patch) {
      const before = fitted().a;
      store.setState(({ setup }) => ({ setup: { ...setup, ...patch } }));
      // Files are told by the inputs of A.
      if (fitted().a !== before) void again({});
    },
    async giveVerifyInputs(files) {
      if (files.length === 0 || isBlocked()) return;
      await read({ files, samples: store.getState().inputs?.given.samples ?? SAMPLES, changes: {} });
    },
    changeVerifyInputs: again,
    async setVerifyPreprocess(key, value) {
      await again({ changes: { ...store.getState().inputs?.given.changes, [key]: value } });
    },
    removeVerifyInputs() {
      reading += 1;
      store.setState(({ setup }) => ({ inputs: null, setup: { ...setup, seeds: setup.seeds || FIRST_SETUP.seeds } }));
    },
    async runVerifyLab() {
      if (!document.getState().document || isBlocked()) return null;
      const { threads } = core.settings.getState().settings;
      const request = { ...fitted(), threads };
      const data = store.getState().inputs?.given ?? null;
      const now = bind(core, lastStop([request.a, request.b]), null);
      store.setState({ error: null });
      try {
        const result = await core.runner.run('verify-lab', 'Comparing two models', (call) =>
          core.client.call('verifyLab', { request, data }, call),
        );
        if (document.getState().opened !== now.opened) return null;
        bound = now;
        store.setState({ verified: { request, result }, stale: !ifHolds(core, bound) });
        notices.announce(result.verify.message);
        return result;
      } catch (error) {
        return failed(toErrorRecord(error));
      }
    },
    async showVerified(values) {
      const { verified } = store.getState();
      const inside = verified?.result.intermediates?.values ?? [];
      const { a, b } = verified?.result ?? {};
      const shown = [b, a].find((each) => typeof each?.side === 'number');
      if (!shown || typeof shown.side !== 'number') return;
      const chosen = values.flatMap((index) => inside[index] ?? []);
      const ids = chosen.map(({ nodeA, nodeB }) => (shown === b ? nodeB : nodeA));
      view.setState({ workspace: 'studio' });
      if (document.getState().document?.cursor !== shown.side) await others.moveTo(shown.side);
      const { picture, document: now } = document.getState();
      if (!picture || now?.cursor !== shown.side) return;
      const there = new Set(picture.view.nodeIds);
      const nodes = ids.filter((id) => there.has(id));
      view.setState({ lit: nodes.length > 0 ? nodes : null });
      if (nodes[0] !== undefined) others.focusNode(nodes[0]);
      notices.announce(
        nodes.length > 0 ? `${plural(nodes.length, 'node')} lit.` : 'No such node stands here any more.',
      );
    },
    async saveFailingInput() {
      const failing = store.getState().verified?.result.verify.failing;
      if (!failing) return;
      try {
        const bytes = await core.client.call('npz', { feeds: failing.feeds });
        const name = `${failing.name.replaceAll(/[^\w.-]+/g, '-')}.npz`;
        core.platform.save(name, new Blob([bytes], { type: 'application/zip' }));
      } catch (error) {
        failed(toErrorRecord(error));
      }
    },
    dismissVerifyError: () => store.setState({ error: null }),
  };
}
