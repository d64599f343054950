import { useMemo, useState, type RefObject } from 'react';
import type { App } from '../../state/app.ts';
import { suggest, type Suggestion } from '../../state/query/suggest.ts';
import { useDocument } from '../kit/use-store.ts';

export interface SuggestionState {
  readonly open: boolean;
  readonly items: readonly Suggestion[];
  /** Index of the one that Enter takes; -1: none. */
  readonly active: number;
  /** The text has changed, with the caret there. */
  typed(caret: number): void;
  /** Opens the list, or goes on in it. */
  move(by: 1 | -1): void;
  take(index: number): void;
  close(): void;
}

/** Suggestions for the word at the caret of the search field. */
export function useSuggestions(app: App, text: string, input: RefObject<HTMLInputElement | null>): SuggestionState {
  const view = useDocument(app, (state) => state.picture?.view);
  const [caret, setCaret] = useState<number | null>(null);
  const [active, setActive] = useState(-1);
  const { from, to, items } = useMemo(
    () => (view && caret !== null ? suggest(view, text, caret) : { from: 0, to: 0, items: [] }),
    [view, text, caret],
  );
  const close = (): void => {
    setCaret(null);
    setActive(-1);
  };
  return {
    open: items.length > 0,
    items,
    active,
    typed(at) {
      setCaret(at);
      setActive(-1);
    },
    move(by) {
      if (caret === null) setCaret(input.current?.selectionStart ?? text.length);
      else if (items.length > 0)
        setActive((active + by + items.length + (active < 0 && by < 0 ? 1 : 0)) % items.length);
    },
    take(index) {
      const taken = items[index]?.text;
      if (taken === undefined) return;
      const next = text.slice(0, from) + taken + text.slice(to);
      app.actions.search(next);
      setActive(-1);
      // A field goes on with its values; a whole word is done.
      const at = from + taken.length;
      setCaret(taken.endsWith(':') ? at : null);
      requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
    },
    close,
  };
}
