import { ArrowLeftRight } from 'lucide-react';
import { useId } from 'react';
import { plural } from '../../base/format.ts';
import type { ToldDiff } from '../../engine/recipes/read.ts';
import type { App } from '../../state/app.ts';
import type { RecipeRef } from '../../state/recipes-store.ts';
import { IconButton } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useRecipes } from '../kit/use-store.ts';

interface Choice {
  readonly group: string;
  readonly ref: RecipeRef;
  readonly label: string;
}

/** Everything that can be held against something else. */
function useChoices(app: App): readonly Choice[] {
  const steps = useDocument(app, (state) => state.document?.cursor ?? null);
  const presets = useRecipes(app, (state) => state.presets);
  const saved = useRecipes(app, (state) => state.saved);
  const branches = useRecipes(app, (state) => state.branches);
  const current = { group: 'Open model', ref: 'current', label: `What is shown, ${plural(steps ?? 0, 'step')}` };
  return [
    ...(steps === null ? [] : [current]),
    ...branches.map(({ id, name }) => ({ group: 'Branches', ref: `branch:${id}`, label: name })),
    ...saved.map(({ id, name }) => ({ group: 'Saved', ref: `saved:${id}`, label: name })),
    ...presets.map(({ id, title }) => ({ group: 'Presets', ref: `preset:${id}`, label: title })),
  ];
}

interface PickProps {
  readonly label: string;
  readonly value: RecipeRef;
  readonly choices: readonly Choice[];
  onChange(ref: RecipeRef): void;
}

function Pick({ label, value, choices, onChange }: PickProps) {
  const id = useId();
  const groups = [...new Set(choices.map(({ group }) => group))];
  const known = choices.some(({ ref }) => ref === value);
  return (
    <span className="flex items-center gap-2">
      <label htmlFor={id} className="text-12 text-ink-2">
        {label}
      </label>
      <select
        id={id}
        className="select w-[240px]"
        value={known ? value : ''}
        onChange={(event) => onChange(event.target.value)}
      >
        {!known && <option value="">Choose a recipe</option>}
        {groups.map((group) => (
          <optgroup key={group} label={group}>
            {choices
              .filter((choice) => choice.group === group)
              .map(({ ref, label: text }) => (
                <option key={ref} value={ref}>
                  {text}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </span>
  );
}

type Kind = ToldDiff['steps'][number]['kind'];
const SIGNS: Readonly<Record<Kind, string>> = { same: '', added: '+', removed: '−', changed: '~', moved: '↕' };

function DiffTable({ diff }: { readonly diff: ToldDiff }) {
  return (
    <table aria-label="Steps of both recipes" className="table num">
      <thead>
        <tr>
          <th scope="col">
            <span className="sr-only">What became of it</span>
          </th>
          <th scope="col" className="r">
            A
          </th>
          <th scope="col" className="r">
            B
          </th>
          <th scope="col">Step</th>
          <th scope="col">What changes</th>
        </tr>
      </thead>
      <tbody>
        {diff.steps.map(({ kind, before, after, title, words }) => (
          <tr key={`${before} ${after}`} className="diff-row" data-kind={kind}>
            <td className="diff-sign">
              <span aria-hidden="true">{SIGNS[kind]}</span>
              <span className="sr-only">{kind}</span>
            </td>
            <td className="r text-ink-3">{before ?? ''}</td>
            <td className="r text-ink-3">{after ?? ''}</td>
            <td className="diff-title">{title}</td>
            <td className="text-ink-2">{words.join('; ')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Two recipes, their steps beside each other. */
export function DiffTab({ app }: { readonly app: App }) {
  const choices = useChoices(app);
  const a = useRecipes(app, (state) => state.a);
  const b = useRecipes(app, (state) => state.b);
  const diff = useRecipes(app, (state) => state.diff);
  const error = useRecipes(app, (state) => state.diffError);
  const choose = (sides: { readonly a?: RecipeRef; readonly b?: RecipeRef }): void => void app.actions.diffRefs(sides);
  const otherModel = diff?.header.some(({ name, before, after }) => name === 'model' && before && after);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <Pick label="A" value={a} choices={choices} onChange={(ref) => choose({ a: ref })} />
        <IconButton icon={ArrowLeftRight} size="small" label="Swap A and B" onClick={() => choose({ a: b, b: a })} />
        <Pick label="B" value={b} choices={choices} onChange={(ref) => choose({ b: ref })} />
      </div>
      {error && <Problem error={error} what="The difference" compact />}
      {!diff && !error && <p className="text-12 text-ink-3">Choose two recipes: what differs is told step by step.</p>}
      {diff && (
        <>
          <p role="status" className="mb-3 text-13 text-ink-2">
            {diff.sentence}
            {otherModel && ' They were made for different models.'}
          </p>
          {diff.steps.length > 0 && <DiffTable diff={diff} />}
        </>
      )}
    </>
  );
}
