import { CodedError, toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { ChangeKind } from '../base/changes.ts';
import type { ChangeView, CompareSide, Comparison } from '../engine/compare-types.ts';
import type { Picture } from '../engine/types.ts';
import type { CallOptions } from '../protocol/client.ts';
import { changeRows, shownChanges, type ChangeColumn, type ChangeFilter } from './changes.ts';
import { NO_RESULT, type CompareMode, type CompareState } from './compared.ts';
import type { Core } from './core.ts';
import { sortFiles } from './files.ts';

export interface ComparingActions {
  /** Shows what the last step changed, or stops showing it. */
  toggleDiff(): Promise<void>;
  /** Chooses what is compared; a stop by its index, null for the stop under the cursor. */
  compareSides(sides: Partial<Pick<CompareState, 'a' | 'b'>>): void;
  /** Puts each in the other's place. */
  swapSides(): void;
  /** A model beside the document, with its data files; it is compared with what is shown at once. */
  openSecond(files: readonly File[]): Promise<void>;
  closeSecond(): Promise<void>;
  setCompareMode(mode: CompareMode): void;
  setTogether(together: boolean): void;
  resizeCompare(patch: Partial<Pick<CompareState, 'share' | 'tableHeight'>>): void;
  /** Compares all weights, however many they are. */
  compareAllWeights(): Promise<void>;
  cancelCompare(): void;
  filterChanges(patch: Partial<ChangeFilter>): void;
  /** Sorts by a column, the other way round when it is that column already. */
  sortChanges(column: ChangeColumn): void;
  /** Brings a line of the table into view on both canvases. */
  goToChange(row: number): void;
  stepChange(by: 1 | -1): void;
  /** Selects a node of one side, and its partner. */
  selectCompared(side: 'a' | 'b', node: number | null): void;
}

/** Weights up to this are compared unasked, bytes. */
const UNASKED_WEIGHTS = 256e6;

/** Node ids by what became of them, for the canvas of A (`before`) or of B. */
export function changedNodes(changes: readonly ChangeView[], which: 'before' | 'after') {
  const of = (...kinds: readonly ChangeKind[]): number[] =>
    changes.filter(({ kind }) => kinds.includes(kind)).flatMap((change) => change[which]);
  return {
    added: of('added'),
    removed: of('removed'),
    changed: of('changed', 'unread'),
    fused: of('fused', 'split'),
  };
}

/** The stop or file that B stands for now. */
export const sideOfB = ({ b }: Pick<CompareState, 'b'>, cursor: number): CompareSide => b ?? cursor;

export function comparingActions(core: Core): ComparingActions {
  const { document: store, view, compare } = core;
  const pictureOf = (stop: number): Promise<Picture> => core.client.call('picture', { stop });
  /** Kept to open the second model again after the worker's death. */
  let secondFiles: readonly File[] | null = null;
  let opened = 0;

  const isShown = (): boolean => view.getState().workspace === 'compare';
  const cursor = (): number => store.getState().document?.cursor ?? 0;
  const sides = () => ({ a: compare.getState().a, b: sideOfB(compare.getState(), cursor()) });

  const take = (result: Comparison): void => {
    const rows = changeRows(result);
    compare.setState({ ...NO_RESULT, result, rows });
    void drawUnion();
    core.notices.announce(rows.length === 0 ? 'Nothing differs.' : `${plural(rows.length, 'change')}.`);
  };

  /** Asks for the one picture of both, where the mode draws one. */
  const drawUnion = async (): Promise<void> => {
    const { result, mode } = compare.getState();
    if (!result || mode === 'split' || (mode === 'overlay' && result.sharedPlaces)) return;
    try {
      const union = await core.client.call('unionPicture', { a: result.a.side, b: result.b.side, kind: mode });
      if (compare.getState().result === result && compare.getState().mode === mode) compare.setState({ union });
    } catch (error) {
      compare.setState({ error: toErrorRecord(error) });
    }
  };

  /** The worker that has started again knows no second model: it is opened once more. */
  const withSecond = async <T>(call: CallOptions, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'bad-request' || !secondFiles) throw error;
      await core.client.call('openSecond', { files: secondFiles }, call);
      return work();
    }
  };

  const run = async (weightBudget = UNASKED_WEIGHTS): Promise<void> => {
    const request = { ...sides(), weightBudget };
    const before = compare.getState().job;
    if (before !== null) core.runner.cancel(before);
    let mine: number | null = null;
    try {
      const result = await core.runner.run('compare', 'Comparing', (call, id) => {
        mine = id;
        compare.setState({ job: id, error: null });
        return withSecond(call, () => core.client.call('compare', request, call));
      });
      if (compare.getState().job === mine) take(result);
    } catch (error) {
      if (compare.getState().job === mine) compare.setState({ ...NO_RESULT, error: toErrorRecord(error) });
    } finally {
      if (compare.getState().job === mine) compare.setState({ job: null });
    }
  };

  /** Compares what is chosen, unless that is on the page already. */
  const ensure = (): void => {
    const { result, stale, job } = compare.getState();
    if (isShown() && (!result || stale) && job === null && store.getState().document) void run();
  };

  const choose = (patch: Partial<CompareState>): void => {
    const { job } = compare.getState();
    if (job !== null) core.runner.cancel(job);
    compare.setState({ job: null, stale: true, ...patch });
    ensure();
  };

  // Fused nodes are drawn over the places of their ancestors: the opened model's picture is needed once.
  core.onAdopt(() => {
    view.setState({ diff: false });
    const { origin, opened: now, document } = store.getState();
    const { a, b } = compare.getState();
    const last = (document?.stops.length ?? 1) - 1;
    const gone = (side: CompareSide | null): boolean => typeof side === 'number' && side > last;
    const other = now !== opened;
    opened = now;
    if (other) secondFiles = null;
    choose({
      ...NO_RESULT,
      ...(other ? { second: null, secondError: null } : {}),
      ...(other || gone(a) ? { a: 0 } : {}),
      ...(other || gone(b) ? { b: null } : {}),
    });
    if (origin) return;
    pictureOf(0)
      .then((picture) => store.getState().opened === now && store.setState({ origin: picture }))
      .catch((error: unknown) => core.notices.announce(toErrorRecord(error).message));
  });
  view.subscribe(({ workspace }, before) => {
    if (workspace !== before.workspace) ensure();
  });

  const focusOn = (a: number | null, b: number | null): void => {
    const { focus, selected } = compare.getState();
    const wish = (node: number | null, last: { nonce: number } | null) =>
      node === null ? null : { node, nonce: (last?.nonce ?? 0) + 1 };
    compare.setState({
      selected: { a: a ?? selected.a, b: b ?? selected.b },
      focus: { a: wish(a, focus.a) ?? focus.a, b: wish(b, focus.b) ?? focus.b },
    });
  };

  const actions: ComparingActions = {
    async toggleDiff() {
      const { document, picture, diff } = store.getState();
      if (diff || !document || !picture || document.cursor === 0) {
        store.setState({ diff: null });
        view.setState({ diff: false });
        if (document?.cursor === 0) core.notices.announce('No step has been applied: nothing differs.');
        return;
      }
      try {
        const request = { a: document.cursor - 1, b: document.cursor, weightBudget: UNASKED_WEIGHTS };
        const { changes } = await core.client.call('compare', request);
        if (store.getState().picture !== picture) return;
        const { added, changed, fused } = changedNodes(changes, 'after');
        const removed = changedNodes(changes, 'before').removed;
        store.setState({ diff: { added, changed, fused, removed } });
        view.setState({ diff: true });
        core.notices.announce(
          `${added.length} nodes are new, ${fused.length} fused, ${changed.length} changed, ${removed.length} gone.`,
        );
      } catch (error) {
        core.fail('document', 'The comparison', error);
      }
    },
    compareSides: (patch) => choose(patch),
    swapSides() {
      const { a, b } = sides();
      choose({ a: b, b: a });
    },
    async openSecond(files) {
      const name = files[0]?.name ?? 'The file';
      view.setState({ workspace: 'compare' });
      try {
        const { model, data } = sortFiles(files, []);
        if (!model)
          throw new CodedError('bad-request', `${name} is no model. Choose an .onnx file, with its data files.`);
        const given = [model, ...data];
        const second = await core.runner.run('compare', `Opening ${model.name}`, (call) =>
          core.client.call('openSecond', { files: given }, call),
        );
        secondFiles = given;
        choose({ second, secondError: null, b: 'second' });
      } catch (caught) {
        const error = toErrorRecord(caught);
        if (error.code === 'cancelled') return;
        compare.setState({ secondError: { name, error } });
        core.notices.announce(`${name} could not be opened. ${error.message}`);
      }
    },
    async closeSecond() {
      const { a, b } = compare.getState();
      secondFiles = null;
      choose({
        second: null,
        secondError: null,
        ...(a === 'second' ? { a: 0 } : {}),
        ...(b === 'second' ? { b: null } : {}),
      });
      await core.client.call('closeSecond', null);
    },
    setCompareMode(mode) {
      compare.setState({ mode, union: null });
      void drawUnion();
    },
    setTogether: (together) => compare.setState({ together }),
    resizeCompare: (patch) => compare.setState(patch),
    compareAllWeights: () => run(Number.MAX_SAFE_INTEGER),
    cancelCompare() {
      const { job } = compare.getState();
      if (job !== null) core.runner.cancel(job);
    },
    filterChanges: (patch) => compare.setState(({ filter }) => ({ filter: { ...filter, ...patch } })),
    sortChanges: (column) =>
      compare.setState(({ sort }) => ({ sort: { column, down: sort.column === column ? !sort.down : false } })),
    goToChange(index) {
      const row = compare.getState().rows[index];
      if (!row) return;
      compare.setState({ row: index, selected: { a: row.nodeBefore, b: row.nodeAfter } });
      focusOn(row.nodeBefore, row.nodeAfter);
    },
    stepChange(by) {
      const { rows, filter, sort, row } = compare.getState();
      const shown = shownChanges(rows, filter, sort);
      if (shown.length === 0) return;
      const at = row === null ? -1 : shown.indexOf(row);
      const next = at < 0 ? (by === 1 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length;
      actions.goToChange(shown[next]!);
      core.notices.announce(`Change ${next + 1} of ${shown.length}.`);
    },
    selectCompared(side, node) {
      const { result, rows } = compare.getState();
      if (!result || node === null) {
        compare.setState({ selected: { a: null, b: null }, row: null });
        return;
      }
      const partner = partnerOf(result, side, node);
      const found = result.changes.findIndex((change) => change[side === 'a' ? 'before' : 'after'].includes(node));
      const row = found < 0 ? null : rows.length - result.changes.length + found;
      compare.setState({ selected: side === 'a' ? { a: node, b: partner } : { a: partner, b: node }, row });
    },
  };
  return actions;
}

/** The node of the other side that stands for this one; of several the first; null: none does. */
function partnerOf({ pairs, changes }: Comparison, side: 'a' | 'b', node: number): number | null {
  const own = side === 'a' ? 0 : 1;
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at + own] === node) return pairs[at + 1 - own] ?? null;
  const change = changes.find((each) => each[side === 'a' ? 'before' : 'after'].includes(node));
  return change?.[side === 'a' ? 'after' : 'before'][0] ?? null;
}
