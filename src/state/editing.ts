import { toErrorRecord } from '../base/error.ts';
import type { JsonObject } from '../base/json.ts';
import type { EditTarget } from '../engine/edit-target.ts';
import type { Core } from './core.ts';
import type { EditSession } from './document.ts';
import { createLatest } from './latest.ts';
import { defaultsOf } from './looking.ts';
import type { SteppingActions } from './stepping.ts';

export interface EditingActions {
  /** Opens the form of a hand edit; `nodes` are where it was asked for, `options` what is known already. */
  beginEdit(pass: string, nodes?: readonly number[], options?: JsonObject): Promise<void>;
  /** Changes what is asked for, and asks the pass again. */
  changeEdit(options: JsonObject): void;
  applyEdit(): Promise<void>;
  cancelEdit(): void;
  /** The next node that is selected is where the part to cut out ends. */
  pickEnd(on: boolean): void;
  /** Selects a node, or takes it as the end of a part where one is asked for. */
  pick(node: number | null): void;
  /** Chooses a node beside the selected one, or no longer. */
  mark(node: number): void;
  /** What edits of several nodes are for: the selected node and those beside it. */
  chosenNodes(): readonly number[];
}

/** What a form starts with, by pass: taken from the nodes that it was asked for at. */
const STARTS: Readonly<Record<string, (targets: readonly EditTarget[]) => JsonObject>> = {
  rename: ([target]) => (target ? { kind: 'node', from: target.ref } : {}),
  'delete-nodes': (targets) => ({ nodes: targets.map(({ ref }) => ref) }),
  'extract-subgraph': (targets) => ({ nodes: targets.map(({ ref }) => ref) }),
  'add-output': ([target]) => ({ value: target?.outputs.find(({ isOutput }) => !isOutput)?.name ?? '' }),
  'set-attribute': ([target]) => {
    const [attribute] = target?.attributes ?? [];
    return target ? { node: target.ref, attribute: attribute?.name ?? '', value: attribute?.value ?? null } : {};
  },
};

export const isEdit = (core: Core, pass: string): boolean =>
  core.document.getState().passes.find((each) => each.id === pass)?.group === 'edit';

export function editingActions(
  core: Core,
  stepping: SteppingActions,
  select: (node: number | null) => void,
): EditingActions {
  const { document: store, view } = core;
  const asking = createLatest();

  const patch = (change: Partial<EditSession>): void =>
    store.setState(({ edit }) => ({ edit: edit && { ...edit, ...change } }));

  /** Asks the pass what it would do, then counts it. */
  const ask = (): void => {
    const { edit } = store.getState();
    if (!edit) return;
    const { pass, options } = edit;
    patch({ result: null, error: null });
    asking
      .run(async (signal) => {
        const [found] = await core.client.call('sites', { passes: [pass], options: { [pass]: options } }, { signal });
        if (signal.aborted || !found) return null;
        patch({ found });
        if (found.sites.length === 0) return null;
        return core.client.call('preview', { pass, options, off: [] }, { signal });
      })
      .then((result) => result && patch({ result }))
      .catch((error: unknown) => patch({ found: null, error: toErrorRecord(error) }));
  };

  const targetsOf = async (nodes: readonly number[]): Promise<readonly EditTarget[]> =>
    nodes.length === 0 ? [] : core.client.call('editTargets', { nodes });

  core.onAdopt(() => {
    asking.stop();
    const ids = new Set(store.getState().picture?.view.nodeIds);
    view.setState(({ marked }) => ({ marked: marked.filter((node) => ids.has(node)) }));
  });

  const actions: EditingActions = {
    async beginEdit(pass, nodes = [], options = {}) {
      const info = store.getState().passes.find((each) => each.id === pass);
      if (!info) return;
      const { epoch } = core;
      try {
        const targets = await targetsOf(nodes);
        if (core.epoch !== epoch) return;
        const start = { ...defaultsOf(info), ...(targets.length > 0 ? STARTS[pass]?.(targets) : {}), ...options };
        const edit = {
          pass,
          targets,
          options: start,
          touched: false,
          found: null,
          result: null,
          error: null,
          picking: false,
        };
        store.setState({ edit, preview: null, prune: null, failure: null });
        view.setState({ refusal: null, workspace: 'studio', diff: false });
        core.notices.announce(`${info.title}.`);
        ask();
      } catch (error) {
        core.fail('pass', info.title, error);
      }
    },
    changeEdit(options) {
      const { edit } = store.getState();
      if (!edit) return;
      patch({ options: { ...edit.options, ...options }, touched: true });
      ask();
    },
    async applyEdit() {
      const { edit } = store.getState();
      const site = edit?.found?.sites[0];
      if (!edit || !site) return;
      const title = store.getState().passes.find(({ id }) => id === edit.pass)?.title ?? edit.pass;
      const applied = await stepping.applyRequest({ pass: edit.pass, options: edit.options, off: [] }, title);
      if (applied) view.setState({ marked: [] });
    },
    cancelEdit() {
      asking.stop();
      store.setState({ edit: null, failure: null });
    },
    pickEnd: (picking) => patch({ picking }),
    pick(node) {
      const { edit } = store.getState();
      if (edit?.picking !== true || node === null) {
        if (node !== null || view.getState().marked.length === 0) select(node);
        else view.setState({ marked: [] });
        return;
      }
      void endAt(node);
    },
    mark(node) {
      const { marked, selected } = view.getState();
      if (selected === null) select(node);
      else if (node !== selected) {
        view.setState({ marked: marked.includes(node) ? marked.filter((each) => each !== node) : [...marked, node] });
        core.notices.announce(`${actions.chosenNodes().length} nodes chosen.`);
        void follow();
      }
    },
    chosenNodes() {
      const { selected, marked } = view.getState();
      return selected === null ? marked : [selected, ...marked];
    },
  };

  /** An open form of an edit of several nodes follows the choice. */
  const follow = async (): Promise<void> => {
    const { edit, passes } = store.getState();
    const info = passes.find(({ id }) => id === edit?.pass);
    if (!edit || !info || info.options['nodes'] === undefined) return;
    try {
      const targets = await targetsOf(actions.chosenNodes());
      if (store.getState().edit?.targets !== edit.targets) return;
      patch({ targets, picking: false });
      actions.changeEdit({ ...defaultsOf(info), ...STARTS[edit.pass]?.(targets) });
    } catch (error) {
      patch({ error: toErrorRecord(error) });
    }
  };

  /** From what the first node reads to what this one gives. */
  const endAt = async (node: number): Promise<void> => {
    const { edit } = store.getState();
    try {
      const [end] = await targetsOf([node]);
      if (!end || !edit || store.getState().edit?.targets !== edit.targets) return;
      const inputs = [...new Set(edit.targets.flatMap((target) => target.inputs))];
      patch({ picking: false });
      actions.changeEdit({ nodes: [], inputs, outputs: end.outputs.map(({ name }) => name) });
    } catch (error) {
      patch({ picking: false, error: toErrorRecord(error) });
    }
  };
  return actions;
}
