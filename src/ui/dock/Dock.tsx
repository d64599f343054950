import { BookOpen, Bookmark, GitBranch, Redo2, Undo2 } from 'lucide-react';
import { plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { runningJobs, type JobsState } from '../../state/jobs.ts';
import type { DockTab } from '../../state/view.ts';
import { ChecksPanel } from '../checks/ChecksPanel.tsx';
import { Button, IconButton, MOD, Tabs } from '../kit/controls.tsx';
import { useDocument, useJobs, useRecipes, useView } from '../kit/use-store.ts';
import { JobsPanel } from './JobsPanel.tsx';
import { RecipeTimeline } from './RecipeTimeline.tsx';

const PANEL_ID = 'dock-panel';

const countRunning = (state: JobsState): number => runningJobs(state).length;

function useSummary(app: App): string {
  return useDocument(app, ({ document, preview, prune }) => {
    if (!document) return '';
    const undone = document.stops.length - 1 - document.cursor;
    const parts = [plural(document.cursor, 'step')];
    if (preview || prune) parts.push('1 in preview');
    else if (undone > 0) parts.push(`${undone} undone`);
    return parts.join(' · ');
  });
}

function History({ app }: { readonly app: App }) {
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const last = useDocument(app, (state) => (state.document?.stops.length ?? 1) - 1);
  const branch = useRecipes(app, (state) => state.branches.find(({ id }) => id === state.branch)?.name);
  return (
    <span className="ml-auto flex items-center gap-1">
      {branch !== undefined && (
        <Button variant="ghost" size="small" icon={GitBranch} onClick={() => app.actions.openRecipes('branches')}>
          <span className="sr-only">Branch</span> {branch}
        </Button>
      )}
      <Button variant="ghost" size="small" icon={BookOpen} onClick={() => app.actions.openRecipes()}>
        Recipes
      </Button>
      <IconButton
        icon={Undo2}
        size="small"
        label="Undo"
        keys={`${MOD}Z`}
        disabled={cursor === 0}
        onClick={() => void app.actions.undo()}
      />
      <IconButton
        icon={Redo2}
        size="small"
        label="Redo"
        keys={`⇧${MOD}Z`}
        disabled={cursor >= last}
        onClick={() => void app.actions.redo()}
      />
      <Button
        variant="ghost"
        size="small"
        icon={Bookmark}
        disabled={cursor === 0}
        onClick={() => app.actions.saveRecipe()}
      >
        Save recipe
      </Button>
    </span>
  );
}

/** The recipe, always in sight; jobs and checks beside it. */
export function Dock({ app, height }: { readonly app: App; readonly height: number }) {
  const tab = useView(app, (state) => state.dock);
  const running = useJobs(app, countRunning);
  const summary = useSummary(app);
  const options: readonly { readonly value: DockTab; readonly label: React.ReactNode }[] = [
    { value: 'recipe', label: 'Recipe' },
    {
      value: 'jobs',
      label: (
        <>
          Jobs <span className={running > 0 ? 'num text-accent' : 'num text-ink-3'}>{running}</span>
        </>
      ),
    },
    { value: 'checks', label: 'Checks' },
  ];
  return (
    <>
      <div className="flex h-8 flex-none items-center gap-3 border-b border-line-soft px-3 text-12">
        <Tabs
          label="Dock"
          value={tab}
          options={options}
          panel={PANEL_ID}
          onChange={(dock) => app.actions.show({ dock })}
          className="dock-tabs"
        />
        <span className="num text-11 text-ink-3">{summary}</span>
        <History app={app} />
      </div>
      {height > 60 && (
        <div id={PANEL_ID} role="tabpanel" aria-label="Dock" className="min-h-0 flex-1 overflow-y-auto">
          {tab === 'recipe' && <RecipeTimeline app={app} />}
          {tab === 'jobs' && <JobsPanel app={app} />}
          {tab === 'checks' && <ChecksPanel app={app} />}
        </div>
      )}
    </>
  );
}
