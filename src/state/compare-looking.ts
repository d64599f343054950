import type { Comparison } from '../engine/compare-types.ts';
import { shownChanges, type ChangeColumn, type ChangeFilter } from './changes.ts';
import type { CompareFocus, CompareState } from './compared.ts';
import type { Core } from './core.ts';

export interface CompareLookingActions {
  setTogether(together: boolean): void;
  resizeCompare(patch: Partial<Pick<CompareState, 'share' | 'tableHeight'>>): void;
  filterChanges(patch: Partial<ChangeFilter>): void;
  /** Sorts by a column, the other way round when it is that column already. */
  sortChanges(column: ChangeColumn): void;
  /** Brings a line of the table into view on both canvases. */
  goToChange(row: number): void;
  stepChange(by: 1 | -1): void;
  /** Selects a node of one side, and its partner. */
  selectCompared(side: 'a' | 'b', node: number | null): void;
}

const IDS = { a: 'before', b: 'after' } as const;

/** The node of the other side that stands for this one; of several the first; null: none does. */
function partnerOf({ pairs, changes }: Comparison, side: 'a' | 'b', node: number): number | null {
  const own = side === 'a' ? 0 : 1;
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at + own] === node) return pairs[at + 1 - own] ?? null;
  const change = changes.find((each) => each[IDS[side]].includes(node));
  return change?.[side === 'a' ? 'after' : 'before'][0] ?? null;
}

/** A new wish, or the old one where there is nothing to go to. */
const wish = (node: number | null, last: CompareFocus | null): CompareFocus | null =>
  node === null ? last : { node, nonce: (last?.nonce ?? 0) + 1 };

/** Moving about in a comparison: nothing here asks the worker. */
export function compareLookingActions({ compare, notices, training }: Core): CompareLookingActions {
  const actions: CompareLookingActions = {
    setTogether: (together) => compare.setState({ together }),
    resizeCompare: (patch) => compare.setState(patch),
    filterChanges: (patch) => compare.setState(({ filter }) => ({ filter: { ...filter, ...patch } })),
    sortChanges: (column) =>
      compare.setState(({ sort }) => ({ sort: { column, down: sort.column === column ? !sort.down : false } })),
    goToChange(index) {
      const { rows, focus } = compare.getState();
      const row = rows[index];
      if (!row) return;
      compare.setState({
        row: index,
        selected: { a: row.nodeBefore, b: row.nodeAfter },
        focus: { a: wish(row.nodeBefore, focus.a), b: wish(row.nodeAfter, focus.b) },
      });
    },
    stepChange(by) {
      const { rows, filter, sort, row } = compare.getState();
      const shown = shownChanges(rows, filter, sort);
      if (shown.length === 0) return;
      const at = row === null ? -1 : shown.indexOf(row);
      const next = at < 0 ? (by === 1 ? 0 : shown.length - 1) : (at + by + shown.length) % shown.length;
      actions.goToChange(shown[next]!);
      notices.announce(`Change ${next + 1} of ${shown.length}.`);
    },
    selectCompared(side, node) {
      const { result, rows } = compare.getState();
      if (!result || node === null) {
        compare.setState({ selected: { a: null, b: null }, row: null });
        return;
      }
      const partner = partnerOf(result, side, node);
      const found = result.changes.findIndex((change) => change[IDS[side]].includes(node));
      const row = found < 0 ? null : rows.length - result.changes.length + found;
      const { selected } = compare.getState();
      // While pairs are chosen, what was chosen on the other side stays.
      const other = training.getState().picking ? (selected[side === 'a' ? 'b' : 'a'] ?? partner) : partner;
      compare.setState({ selected: side === 'a' ? { a: node, b: other } : { a: other, b: node }, row });
    },
  };
  return actions;
}
