import type { SuggestionState } from './use-suggestions.ts';

export const SUGGESTIONS_ID = 'search-suggestions';
export const suggestionId = (index: number): string => `search-suggestion-${index}`;

/** What may be written at the caret: operators of the model, fields and their values. */
export function SuggestionList({ list }: { readonly list: SuggestionState }) {
  return (
    <div
      id={SUGGESTIONS_ID}
      role="listbox"
      aria-label="Suggestions"
      className="pop absolute top-full right-2.5 left-2.5 z-30 -mt-0.5 max-h-[260px] overflow-y-auto p-1"
    >
      {list.items.map(({ text, hint }, index) => (
        <div
          key={text}
          id={suggestionId(index)}
          role="option"
          tabIndex={-1}
          aria-selected={index === list.active}
          className="suggestion"
          // The field keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => list.take(index)}
        >
          <span className="mono ell">{text}</span>
          <span className="num ell ml-auto text-11 text-ink-3">{hint}</span>
        </div>
      ))}
    </div>
  );
}
