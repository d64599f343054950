import { CodedError, toErrorRecord } from '../base/error.ts';
import type { ChangeKind } from '../base/changes.ts';
import type { ChangeView } from '../engine/compare-types.ts';
import { compareLookingActions, type CompareLookingActions } from './compare-looking.ts';
import { CompareRun, UNASKED_WEIGHTS } from './compare-run.ts';
import type { CompareMode, CompareState } from './compared.ts';
import type { Core } from './core.ts';
import { sortFiles } from './files.ts';

export interface ComparingActions extends CompareLookingActions {
  /** Shows what the last step changed, or stops showing it. */
  toggleDiff(): Promise<void>;
  /** Chooses what is compared; a stop by its index, null for the stop under the cursor. */
  compareSides(sides: Partial<Pick<CompareState, 'a' | 'b'>>): void;
  /** Puts each in the other's place. */
  swapSides(): void;
  /**
   * A model beside the document, with its data files; it is compared with what is shown at once.
   *
   * @param stay the workspace that is shown stays
   */
  openSecond(files: readonly File[], stay?: boolean): Promise<void>;
  closeSecond(): Promise<void>;
  dismissSecondError(): void;
  setCompareMode(mode: CompareMode): void;
  /** Compares all weights, however many they are. */
  compareAllWeights(): Promise<void>;
}

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

/** Fused nodes are drawn over the places of their ancestors: the opened model's picture is needed once. */
function keepOrigin({ document: store, view, client, notices, onAdopt }: Core): void {
  onAdopt(() => {
    view.setState({ diff: false });
    const { origin, opened } = store.getState();
    if (origin) return;
    client
      .call('picture', { stop: 0 })
      .then((picture) => store.getState().opened === opened && store.setState({ origin: picture }))
      .catch((error: unknown) => notices.announce(toErrorRecord(error).message));
  });
}

/** What the last step changed, on the canvas of the studio. */
async function showDiff(core: Core): Promise<void> {
  const { document: store, view, client, notices } = core;
  const { document, picture } = store.getState();
  if (!document || !picture) return;
  try {
    const request = { a: document.cursor - 1, b: document.cursor, weightBudget: UNASKED_WEIGHTS };
    const { changes } = await client.call('difference', request);
    const before = await client.call('picture', { stop: document.cursor - 1 });
    if (store.getState().picture !== picture) return;
    const { added, changed, fused } = changedNodes(changes, 'after');
    const { removed } = changedNodes(changes, 'before');
    store.setState({ diff: { added, changed, fused, removed }, before });
    view.setState({ diff: true });
    notices.announce(
      `${added.length} nodes are new, ${fused.length} fused, ${changed.length} changed, ${removed.length} gone.`,
    );
  } catch (error) {
    core.fail('document', 'The comparison', error);
  }
}

export function comparingActions(core: Core): ComparingActions {
  const { document: store, view, compare } = core;
  keepOrigin(core);
  const comparison = new CompareRun(core);
  return {
    ...compareLookingActions(core),
    async toggleDiff() {
      const { document, diff } = store.getState();
      if (!diff && document && document.cursor > 0) {
        await showDiff(core);
        return;
      }
      store.setState({ diff: null, before: null });
      view.setState({ diff: false });
      if (document?.cursor === 0) core.notices.announce('No step has been applied: nothing differs.');
    },
    compareSides: (patch) => comparison.choose(patch),
    swapSides() {
      const { a, b } = comparison.sides();
      comparison.choose({ a: b, b: a });
    },
    async openSecond(files, stay = false) {
      const name = files[0]?.name ?? 'The file';
      if (!stay) view.setState({ workspace: 'compare' });
      try {
        const { model, data } = sortFiles(files, []);
        if (!model) {
          throw new CodedError('bad-request', `${name} is no model. Choose an .onnx file, with its data files.`);
        }
        await comparison.openSecond([model, ...data], model.name);
      } catch (caught) {
        const error = toErrorRecord(caught);
        if (error.code === 'cancelled') return;
        compare.setState({ secondError: { name, error } });
        core.notices.announce(`${name} could not be opened. ${error.message}`);
      }
    },
    closeSecond: () => comparison.closeSecond(),
    dismissSecondError: () => compare.setState({ secondError: null }),
    setCompareMode(mode) {
      compare.setState({ mode, union: null });
      void comparison.drawUnion();
    },
    compareAllWeights: () => comparison.run(Number.MAX_SAFE_INTEGER),
  };
}
