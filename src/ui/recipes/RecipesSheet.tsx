import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useStore } from 'zustand';
import type { App } from '../../state/app.ts';
import type { RecipesTab } from '../../state/recipes-store.ts';
import { Button, IconButton, Tabs } from '../kit/controls.tsx';
import { useReturnFocus } from '../kit/use-return-focus.ts';
import { useDocument, useRecipes } from '../kit/use-store.ts';
import { BranchesTab } from './BranchesTab.tsx';
import { DiffTab } from './DiffTab.tsx';
import { Gallery } from './Gallery.tsx';
import './recipes.css';
import { SweepTab } from './SweepTab.tsx';

const PANEL_ID = 'recipes-panel';

const TABS: readonly { readonly value: RecipesTab; readonly label: string }[] = [
  { value: 'gallery', label: 'Gallery' },
  { value: 'diff', label: 'Difference' },
  { value: 'branches', label: 'Branches' },
  { value: 'sweep', label: 'Sweep' },
];

/** What was said last, with its way back: the messages of the page are out of reach behind the sheet. */
function LastNotice({ app }: { readonly app: App }) {
  const notice = useStore(app.notices, ({ notices }) => notices.at(-1));
  if (!notice) return null;
  const { id, title, text, action } = notice;
  const answer = (): void => {
    action?.run();
    app.notices.dismiss(id);
  };
  return (
    <footer className="flex flex-none items-center gap-3 border-t border-line px-5 py-2 text-12">
      <span className="font-medium">{title}</span>
      <span className="ell min-w-0 flex-1 text-11 text-ink-2">{text}</span>
      {action && (
        <Button size="small" onClick={answer}>
          {action.label}
        </Button>
      )}
    </footer>
  );
}

/** Whole recipes: what there is, what differs, where they part, and what a value of theirs does. */
export function RecipesSheet({ app }: { readonly app: App }) {
  const tab = useRecipes(app, (state) => state.tab);
  const open = useDocument(app, (state) => state.document !== null);
  const focus = useReturnFocus();
  // Branches and sweeps are of an open model.
  const tabs = open ? TABS : TABS.slice(0, 2);
  const shown = tabs.some(({ value }) => value === tab) ? tab : 'gallery';
  return (
    <Dialog.Root open onOpenChange={(wanted) => !wanted && app.actions.closeRecipes()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content aria-describedby={undefined} {...focus} className="pop recipes-sheet">
          <header className="flex flex-none items-center gap-4 border-b border-line px-5 py-3">
            <Dialog.Title className="text-18 font-strong tracking-[-0.018em]">Recipes</Dialog.Title>
            <Tabs
              label="Recipes"
              value={shown}
              options={tabs}
              panel={PANEL_ID}
              onChange={(value) => app.recipes.setState({ tab: value })}
              className="dock-tabs"
            />
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" className="ml-auto" />
            </Dialog.Close>
          </header>
          <div
            id={PANEL_ID}
            role="tabpanel"
            aria-label={tabs.find(({ value }) => value === shown)?.label}
            tabIndex={0}
            className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-5"
          >
            {shown === 'gallery' && <Gallery app={app} />}
            {shown === 'diff' && <DiffTab app={app} />}
            {shown === 'branches' && <BranchesTab app={app} />}
            {shown === 'sweep' && <SweepTab app={app} />}
          </div>
          <LastNotice app={app} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
