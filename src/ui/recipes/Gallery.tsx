import { Download, GitCompare, Pencil, Play, Trash2, TriangleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { plural } from '../../base/format.ts';
import type { Recipe } from '../../recipe/types.ts';
import type { App } from '../../state/app.ts';
import type { RecipeRef, SavedRecipe } from '../../state/recipes-store.ts';
import { Button, Icon, IconButton } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useDocument, useRecipes } from '../kit/use-store.ts';
import { formatWhen } from '../kit/when.ts';
import { NameForm } from './NameForm.tsx';

/** Titles of the first passes, as many as find room in a line. */
const NAMED = 4;

/** What a recipe does, by its passes; those that this build does not have are marked. */
function useSteps(app: App, { steps }: Recipe): { readonly text: string; readonly unknown: number } {
  const passes = useDocument(app, (state) => state.passes);
  const titles = new Map(passes.map(({ id, title }) => [id, title]));
  const names = [...new Set(steps.map(({ pass }) => titles.get(pass) ?? pass))];
  const more = names.length > NAMED ? `, ${names.length - NAMED} more` : '';
  return {
    text: steps.length === 0 ? 'No step.' : `${names.slice(0, NAMED).join(', ')}${more}`,
    unknown: passes.length === 0 ? 0 : steps.filter(({ pass }) => !titles.has(pass)).length,
  };
}

interface RowProps {
  readonly app: App;
  readonly at: RecipeRef;
  readonly title: ReactNode;
  readonly name: string;
  readonly about: string;
  readonly recipe: Recipe;
  readonly children?: ReactNode;
}

function Row({ app, at, title, name, about, recipe, children }: RowProps) {
  const { unknown } = useSteps(app, recipe);
  const compare = (): void => {
    app.recipes.setState({ tab: 'diff' });
    void app.actions.diffRefs({ b: at });
  };
  return (
    <li className="recipe-row">
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-2">
          {title}
          <span className="num flex-none text-11 text-ink-3">{plural(recipe.steps.length, 'step')}</span>
          {unknown > 0 && (
            <span className="near">
              <Icon of={TriangleAlert} size={11} />
              {unknown} not known here
            </span>
          )}
        </span>
        <span className="block text-11 text-ink-2 [overflow-wrap:anywhere]">{about}</span>
      </span>
      {children}
      <IconButton icon={GitCompare} size="small" label={`What differs in ${name}`} onClick={compare} />
      <Button size="small" icon={Play} onClick={() => void app.actions.replayListed(at)}>
        Use<span className="sr-only"> {name}</span>
      </Button>
    </li>
  );
}

function SavedRow({ app, saved, now }: { readonly app: App; readonly saved: SavedRecipe; readonly now: number }) {
  const [renaming, setRenaming] = useState(false);
  const { text } = useSteps(app, saved.recipe);
  const { id, name, model, at } = saved;
  const title = renaming ? (
    <NameForm
      label={`New name of ${name}`}
      verb="Rename"
      first={name}
      autoFocus
      onCancel={() => setRenaming(false)}
      onName={(next) => {
        setRenaming(false);
        void app.actions.renameRecipe(id, next);
      }}
    />
  ) : (
    <span className="ell font-medium">{name}</span>
  );
  const about = `${model === null ? '' : `with ${model}, `}${formatWhen(at, now)}: ${text}`;
  return (
    <Row app={app} at={`saved:${id}`} name={name} title={title} about={about} recipe={saved.recipe}>
      {!renaming && (
        <IconButton icon={Pencil} size="small" label={`Rename ${name}`} onClick={() => setRenaming(true)} />
      )}
      <IconButton
        icon={Download}
        size="small"
        label={`Export ${name}`}
        onClick={() => void app.actions.exportRecipe(`saved:${id}`)}
      />
      <IconButton
        icon={Trash2}
        size="small"
        label={`Delete ${name}`}
        onClick={() => void app.actions.forgetRecipe(id)}
      />
    </Row>
  );
}

function Saved({ app }: { readonly app: App }) {
  const saved = useRecipes(app, (state) => state.saved);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const [now] = useState(Date.now);
  const drop = useDrop((files) => void app.actions.importRecipes(files.map(({ file }) => file)));
  return (
    <section
      aria-labelledby="recipes-saved"
      className="card px-4 pt-3 pb-1.5 data-over:outline-2 data-over:outline-accent"
      data-over={drop.over ? '' : undefined}
      {...drop.handlers}
    >
      <div className="flex items-center gap-2 pb-2">
        <h3 id="recipes-saved" className="h3 mr-auto">
          Saved in this browser
        </h3>
        <FileButton
          label="Recipe files and reports"
          accept=".json,.html,.htm"
          multiple
          onFiles={(files) => void app.actions.importRecipes(files.map(({ file }) => file))}
        >
          Import
        </FileButton>
      </div>
      <div className="flex items-center gap-2 pb-2">
        <NameForm
          label="Name of the recipe"
          verb={cursor > 0 ? `Save ${plural(cursor, 'step')}` : 'Save'}
          first=""
          disabled={cursor === 0}
          onName={(name) => void app.actions.keepRecipe(name)}
        />
      </div>
      {saved.length === 0 ? (
        <p className="border-t border-line-soft py-3 text-12 text-ink-3">
          None yet. Save the steps of the open model under a name, or import a recipe or a report: choose it, or drop it
          here.
        </p>
      ) : (
        <ul aria-label="Saved recipes" className="border-t border-line-soft">
          {saved.map((each) => (
            <SavedRow key={each.id} app={app} saved={each} now={now} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Presets and what was saved: any of them is one click away, and one click back. */
export function Gallery({ app }: { readonly app: App }) {
  const presets = useRecipes(app, (state) => state.presets);
  return (
    <div className="grid grid-cols-1 items-start gap-4 fold:grid-cols-2">
      <section aria-labelledby="recipes-presets" className="card px-4 pt-3 pb-1.5">
        <h3 id="recipes-presets" className="h3 pb-1">
          Presets
        </h3>
        <ul aria-label="Presets">
          {presets.map(({ id, title, about, recipe }) => (
            <Row
              key={id}
              app={app}
              at={`preset:${id}`}
              name={title}
              title={<span className="font-medium">{title}</span>}
              about={about}
              recipe={recipe}
            />
          ))}
        </ul>
      </section>
      <Saved app={app} />
    </div>
  );
}
