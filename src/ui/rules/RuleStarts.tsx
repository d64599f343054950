import { useId } from 'react';
import type { DocumentView } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { RULE_EXAMPLES } from '../../state/rules/examples.ts';
import { USER_RULE } from '../../state/rules/ruling.ts';
import { useDocument } from '../kit/use-store.ts';

interface Start {
  readonly index: number;
  readonly name: string;
}

/** Rules that the recipe has already. */
function rulesOf(document: DocumentView | null): readonly Start[] {
  return (document?.recipe.steps ?? []).flatMap(({ pass, options }, index) => {
    const rule = pass === USER_RULE ? options['rule'] : null;
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return [];
    const { name } = rule as { readonly name?: unknown };
    return [{ index, name: typeof name === 'string' ? name : '' }];
  });
}

/** Rules to start from: examples, and those of the recipe. */
export function RuleStarts({ app }: { readonly app: App }) {
  const id = useId();
  const document = useDocument(app, (state) => state.document);
  const own = rulesOf(document);
  const start = (value: string): void => {
    if (value.startsWith('step ')) app.actions.startFromStep(Number(value.slice('step '.length)));
    else app.actions.startFromExample(value);
  };
  return (
    <div className="rule-field">
      <label htmlFor={id}>Start from</label>
      <select id={id} className="select h-7 w-full" value="" onChange={(event) => start(event.target.value)}>
        <option value="" disabled>
          An example{own.length > 0 ? ', or a rule of the recipe' : ''}
        </option>
        <optgroup label="Examples">
          {RULE_EXAMPLES.map(({ title }) => (
            <option key={title} value={title}>
              {title}
            </option>
          ))}
        </optgroup>
        {own.length > 0 && (
          <optgroup label="In the recipe">
            {own.map(({ index, name }) => (
              <option key={index} value={`step ${index}`}>
                Step {index + 1}: {name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </div>
  );
}
