import { ChevronDown, ChevronUp, CircleAlert, Search, X } from 'lucide-react';
import { useRef, type KeyboardEvent } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { matchText } from '../../state/search.ts';
import { Icon, IconButton, MOD } from '../kit/controls.tsx';
import { useView } from '../kit/use-store.ts';
import { SUGGESTIONS_ID, SuggestionList, suggestionId } from './SuggestionList.tsx';
import { useSuggestions, type SuggestionState } from './use-suggestions.ts';

export const SEARCH_ID = 'search';
const ERROR_ID = 'search-error';

function Matches({ app }: { readonly app: App }) {
  const count = useView(app, (state) => state.matches?.length ?? 0);
  const shown = useView(app, (state) => {
    const { matches, match, selected } = state;
    return matches && selected === matches[match] ? match + 1 : 0;
  });
  const broken = useView(app, (state) => state.queryError !== null);
  const total = broken ? '' : count === 0 ? 'none' : formatInteger(count);
  return (
    <>
      <span className="num flex-none text-11">{shown > 0 ? `${formatInteger(shown)} / ${total}` : total}</span>
      <span className="-mr-1 flex">
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
        <IconButton
          icon={X}
          size="small"
          iconSize={13}
          label="Clear the search"
          onClick={() => app.actions.search('')}
        />
      </span>
    </>
  );
}

/** Under the field: what cannot be read, and where; else how many paths there are. */
function QueryState({ app, text }: { readonly app: App; readonly text: string }) {
  const error = useView(app, (state) => state.queryError);
  const paths = useView(app, (state) => state.paths);
  const count = useView(app, (state) => state.matches?.length ?? 0);
  if (!error) {
    return paths === null || count === 0 ? null : (
      <p className="num mx-3.5 mb-1 text-11 text-ink-3">{matchText(count, paths)}</p>
    );
  }
  const end = Math.max(error.at + 1, error.at + error.length);
  return (
    <div id={ERROR_ID} className="mx-2.5 mb-1 rounded-2 px-1 py-0.5 text-11 text-ink-2">
      <pre className="mono ell text-ink-3" aria-hidden="true">
        {text.slice(0, error.at)}
        <mark className="query-fault">{text.slice(error.at, end) || '\u00a0'}</mark>
        {text.slice(end)}
      </pre>
      <p className="flex items-start gap-1.5">
        <Icon of={CircleAlert} size={12} className="mt-0.5 text-error" />
        <span>
          <span className="sr-only">At character {error.at + 1}: </span>
          {error.message}
        </span>
      </p>
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
  const broken = useView(app, (state) => state.queryError !== null);
  const input = useRef<HTMLInputElement>(null);
  const list = useSuggestions(app, text, input);
  return (
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
          aria-invalid={broken}
          aria-describedby={broken ? ERROR_ID : undefined}
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
        {text === '' ? <kbd className="kbd">{MOD}F</kbd> : <Matches app={app} />}
      </div>
      {list.open && <SuggestionList list={list} />}
      <QueryState app={app} text={text} />
    </div>
  );
}
