import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from './controls.tsx';

export interface SortHead<C extends string> {
  readonly id: string;
  readonly title: ReactNode;
  /** What a click sorts by; null: it cannot be sorted by. */
  readonly sort: C | null;
  readonly right?: true;
}

interface Props<C extends string> {
  readonly className: string;
  readonly heads: readonly SortHead<C>[];
  readonly sort: { readonly column: string; readonly down: boolean };
  onSort(column: C): void;
}

/** The head of a table whose rows are drawn as they come into view: a click sorts by a column. */
export function SortHeads<C extends string>({ className, heads, sort, onSort }: Props<C>) {
  return (
    <div role="row" className={className} aria-rowindex={1}>
      {heads.map(({ id, title, sort: column, right }) => {
        const order = column === null || column !== sort.column ? null : sort.down ? 'descending' : 'ascending';
        return (
          <span
            key={id}
            role="columnheader"
            data-right={right ? '' : undefined}
            {...(order ? { 'aria-sort': order } : {})}
          >
            {column === null ? (
              title
            ) : (
              <button type="button" className="sort-head" onClick={() => onSort(column)}>
                {title}
                {order && <Icon of={sort.down ? ArrowDown : ArrowUp} size={11} />}
              </button>
            )}
          </span>
        );
      })}
    </div>
  );
}
