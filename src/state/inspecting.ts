import { toErrorRecord } from '../base/error.ts';
import type { PictureRequest, TensorRef } from '../engine/detail-types.ts';
import type { CallOptions } from '../protocol/client.ts';
import type { Core } from './core.ts';
import type { GroupRef } from './group-summary.ts';
import {
  NOTHING_ASKED,
  pictureKey,
  tensorKey,
  VALUES_PAGE,
  valuesKey,
  type Asked,
  type InspectionState,
} from './inspection.ts';

export interface InspectingActions {
  /** Asks for a tensor's statistics, once per revision. `axis`: that of its output channels. */
  loadTensor(ref: TensorRef, axis: number | null): void;
  /** Asks for a tensor as a picture. */
  loadPicture(ref: TensorRef, request: PictureRequest): void;
  /** Asks for page `page` of a tensor's elements. */
  loadValues(ref: TensorRef, page: number): void;
  /** Up to 10 000 elements from a flat index on, one a line; null when they could not be had. */
  valuesText(ref: TensorRef, from: number): Promise<string | null>;
  /** Stops what is being computed of a tensor. */
  cancelTensor(ref: TensorRef): void;
  /** Looks at a pass and moves to one of its sites. */
  lookAtSite(pass: string, index: number): void;
  /** Looks at a pass and shows why one of its near misses is one. */
  lookAtRefusal(pass: string, index: number): void;
  /** Shows stop `stop` of the recipe, with a node selected. */
  showAt(stop: number, node: number): Promise<void>;
  /** Folds or unfolds a section of the inspector; kept between visits. */
  toggleSection(name: string): void;
  /** Selects a group and brings its first node into view. */
  showGroup(group: GroupRef): void;
}

/** What inspecting needs of the other groups of actions. */
interface Others {
  lookAt(pass: string): void;
  showRefusal(index: number | null): void;
  focusNode(node: number): void;
  moveTo(cursor: number): Promise<void>;
  selectGroup(key: string | null): void;
}

type Kind = keyof InspectionState;
type ResultOf<K extends Kind> = InspectionState[K][string] extends Asked<infer T> ? T : never;

const COPIED = 10_000;

export function inspectingActions(core: Core, others: Others): InspectingActions {
  const { inspection: store, document, view } = core;
  /** By kind and key; each remembers the tensor that it is about. */
  const running = new Map<string, { readonly tensor: string; readonly controller: AbortController }>();

  const set = <K extends Kind>(kind: K, key: string, entry: Asked<ResultOf<K>>): void =>
    store.setState((state) => ({ [kind]: { ...state[kind], [key]: entry } }));

  /** Asks once; an answer that was cancelled may be asked for again, one for another revision is dropped. */
  const ask = <K extends Kind>(
    kind: K,
    key: string,
    tensor: string,
    work: (call: CallOptions) => Promise<ResultOf<K>>,
  ): void => {
    const known = store.getState()[kind][key];
    if (known && known.state !== 'cancelled') return;
    const { epoch } = core;
    const controller = new AbortController();
    const { signal } = controller;
    const id = `${kind} ${key}`;
    running.set(id, { tensor, controller });
    set(kind, key, { state: 'loading', progress: null });
    const land = (entry: Asked<ResultOf<K>>): void => {
      if (running.get(id)?.controller === controller) running.delete(id);
      if (core.epoch === epoch && !signal.aborted) set(kind, key, entry);
    };
    work({ signal, onProgress: (progress) => signal.aborted || set(kind, key, { state: 'loading', progress }) })
      .then((result) => land({ state: 'ready', result }))
      .catch((error: unknown) => land({ state: 'failed', error: toErrorRecord(error) }));
  };

  /** Stops what is at work for one tensor, or for all. */
  const stop = (tensor: string | null): void => {
    for (const [id, job] of running) {
      if (tensor !== null && job.tensor !== tensor) continue;
      job.controller.abort();
      running.delete(id);
      const space = id.indexOf(' ');
      set(id.slice(0, space) as Kind, id.slice(space + 1), { state: 'cancelled' });
    }
  };

  /** What nobody looks at any more makes way for what is looked at now. */
  view.subscribe((now, before) => {
    if (now.selected !== before.selected) stop(null);
  });
  core.onAdopt(() => {
    for (const { controller } of running.values()) controller.abort();
    running.clear();
    store.setState(NOTHING_ASKED);
  });

  return {
    loadTensor: (ref, axis) =>
      ask('stats', tensorKey(ref), tensorKey(ref), (call) => core.client.call('tensor', { ref, axis }, call)),
    loadPicture: (ref, request) =>
      ask('pictures', pictureKey(ref, request), tensorKey(ref), (call) =>
        core.client.call('tensorPicture', { ref, request }, call),
      ),
    loadValues: (ref, page) =>
      ask('values', valuesKey(ref, page), tensorKey(ref), (call) =>
        core.client.call('tensorValues', { ref, from: page * VALUES_PAGE, count: VALUES_PAGE }, call),
      ),
    async valuesText(ref, from) {
      try {
        const { texts } = await core.client.call('tensorValues', { ref, from, count: COPIED });
        core.notices.announce(`${texts.length} values copied.`);
        return texts.join('\n');
      } catch (error) {
        return core.fail('document', 'Copying values', error);
      }
    },
    cancelTensor: (ref) => stop(tensorKey(ref)),
    lookAtSite(pass, index) {
      others.lookAt(pass);
      const site = document.getState().sites[pass]?.sites[index];
      document.setState(({ preview }) => ({ preview: preview && { ...preview, at: index } }));
      if (site) others.focusNode(site.anchor);
    },
    lookAtRefusal(pass, index) {
      others.lookAt(pass);
      others.showRefusal(index);
    },
    async showAt(stopIndex, node) {
      await others.moveTo(stopIndex);
      if (document.getState().document?.cursor === stopIndex) others.focusNode(node);
    },
    toggleSection(name) {
      const { settings } = core.settings.getState();
      const closed = new Set(settings.closedSections);
      if (!closed.delete(name)) closed.add(name);
      core.settings.setState({ settings: { ...settings, closedSections: [...closed] } });
    },
    showGroup({ key, first }) {
      others.selectGroup(key);
      if (first !== null) {
        view.setState(({ focus }) => ({ focus: { node: first, nonce: (focus?.nonce ?? 0) + 1 } }));
      }
    },
  };
}
