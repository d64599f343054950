import { ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { useRef, type KeyboardEvent } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { matchText } from '../../state/search.ts';
import { Icon, IconButton } from '../kit/controls.tsx';
import { Fault } from '../kit/Fault.tsx';
import { useView } from '../kit/use-store.ts';
import { keysOf } from '../shell/keys.ts';
import { SUGGESTIONS_ID, SuggestionList, suggestionId } from './SuggestionList.tsx';
import { useSuggestions, type SuggestionState } from './use-suggestions.ts';

export const SEARCH_ID = 'search';
const ERROR_ID = 'search-error';

/** Under the field: how much was found, and the way through it. */
function Matches({ app }: { readonly app: App }) {
  const count = useView(app, (state) => state.matches?.length ?? 0);
  const paths = useView(app, (state) => state.paths);
  const shown = useView(app, (state) => {
    const { matches, match, selected } = state;
    return matches && selected === matches[match] ? match + 1 : 0;
  });
  const at = shown > 0 ? `${formatInteger(shown)} of ` : '';
  return (
    <div className="mr-2.5 mb-1 ml-3.5 flex h-6 items-center text-11 text-ink-3">
      <span className="num ell flex-1">
        {at}
        {matchText(count, paths)}
      </span>
      <IconButton
        icon={ChevronUp}
        size="small"
        iconSize={13}
        label="Previous match"
        keys="["
        disabled={count === 0}
        onClick={() => app.actions.stepMatch(-1)}
      />
      <IconButton
        icon={ChevronDown}
        size="small"
        iconSize={13}
        label="Next match"
        keys="]"
        disabled={count === 0}
        onClick={() => app.actions.stepMatch(1)}
      />
    </div>
  );
}

/** Keys of the field: suggestions first, then matches; true when the key was used. */
function react(app: App, event: KeyboardEvent<HTMLInputElement>, list: SuggestionState): boolean {
  const { key } = event;
  if (list.open && key === 'Escape') list.close();
  else if (list.open && (key === 'Enter' || key === 'Tab') && list.active >= 0) list.take(list.active);
  else if (key === 'ArrowDown' || key === 'ArrowUp') list.move(key === 'ArrowDown' ? 1 : -1);
  else if (key === 'Enter') {
    list.close();
    app.actions.stepMatch(event.shiftKey ? -1 : 1);
  } else if (key === 'Escape') {
    app.actions.search('');
    event.currentTarget.blur();
  } else return false;
  return true;
}

/** Plain words, fields such as `op:` and `cost:>1%`, and paths: `MatMul > * > Softmax`. */
export function SearchField({ app }: { readonly app: App }) {
  const text = useView(app, (state) => state.search);
  const fault = useView(app, (state) => state.queryError);
  const input = useRef<HTMLInputElement>(null);
  const list = useSuggestions(app, text, input);
  return (
    <>
      <div className="relative">
        <div role="search" className="field mx-2.5 mt-2 mb-1">
          <Icon of={Search} size={13} />
          <input
            ref={input}
            id={SEARCH_ID}
            type="text"
            role="combobox"
            aria-label="Search nodes"
            aria-autocomplete="list"
            aria-expanded={list.open}
            aria-controls={SUGGESTIONS_ID}
            aria-activedescendant={list.open && list.active >= 0 ? suggestionId(list.active) : undefined}
            aria-invalid={fault !== null}
            aria-describedby={fault ? ERROR_ID : undefined}
            placeholder="Search, or Conv > * > Add"
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(event) => {
              app.actions.search(event.target.value);
              list.typed(event.target.selectionStart ?? event.target.value.length);
            }}
            onKeyDown={(event) => {
              if (react(app, event, list)) event.preventDefault();
            }}
            onBlur={list.close}
          />
          {text === '' ? (
            <kbd className="kbd">{keysOf('search')}</kbd>
          ) : (
            <IconButton
              icon={X}
              size="small"
              iconSize={13}
              label="Clear the search"
              className="-mr-1"
              onClick={() => app.actions.search('')}
            />
          )}
        </div>
        {list.open && <SuggestionList list={list} />}
      </div>
      {fault ? (
        <Fault id={ERROR_ID} text={text} fault={fault} className="mx-3.5 mb-1" />
      ) : (
        text.trim() !== '' && <Matches app={app} />
      )}
    </>
  );
}
