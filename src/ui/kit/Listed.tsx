import { useState, type ReactNode } from 'react';
import { formatInteger } from '../../base/format.ts';
import { Button } from './controls.tsx';

/** What is listed at first, and at each wish for more: a list of thousands would block the page. */
const FIRST = 12;
const MORE = 60;

/** The first of a list, and a button for more of it; null: nothing is left out. */
export function useListed<T>(all: readonly T[]): { readonly shown: readonly T[]; readonly more: ReactNode } {
  const [listed, setListed] = useState(FIRST);
  const next = Math.min(MORE, all.length - listed);
  const more = next > 0 && (
    <Button size="small" className="mt-2" onClick={() => setListed(listed + MORE)}>
      {formatInteger(next)} more of {formatInteger(all.length)}
    </Button>
  );
  return { shown: all.slice(0, listed), more };
}
