import { ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { formatInteger } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { Icon, IconButton, MOD } from '../kit/controls.tsx';
import { useView } from '../kit/use-store.ts';

export const SEARCH_ID = 'search';

function Matches({ app }: { readonly app: App }) {
  const count = useView(app, (state) => state.matches?.length ?? 0);
  const shown = useView(app, (state) => {
    const { matches, match, selected } = state;
    return matches && selected === matches[match] ? match + 1 : 0;
  });
  return (
    <>
      <span className="num flex-none text-11">
        {count === 0 ? 'none' : shown > 0 ? `${formatInteger(shown)} / ${formatInteger(count)}` : formatInteger(count)}
      </span>
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

/** Plain words, or `op:` `name:` `shape:`; every word has to be found. */
export function SearchField({ app }: { readonly app: App }) {
  const text = useView(app, (state) => state.search);
  return (
    <div role="search" className="field mx-2.5 mt-2 mb-1">
      <Icon of={Search} size={13} />
      <input
        id={SEARCH_ID}
        type="text"
        aria-label="Search nodes"
        placeholder="Search, or op:Conv shape:192"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => app.actions.search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') app.actions.stepMatch(event.shiftKey ? -1 : 1);
          if (event.key === 'Escape') {
            app.actions.search('');
            event.currentTarget.blur();
          }
        }}
      />
      {text === '' ? <kbd className="kbd">{MOD}F</kbd> : <Matches app={app} />}
    </div>
  );
}
