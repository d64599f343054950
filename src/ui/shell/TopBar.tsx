import { Command } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { App } from '../../state/app.ts';
import type { Workspace } from '../../state/view.ts';
import { ExportMenu } from '../export/ExportMenu.tsx';
import { IconButton, MOD, Tabs } from '../kit/controls.tsx';
import { ThemeButton } from '../kit/ThemeButton.tsx';
import { useView } from '../kit/use-store.ts';
import { FileMenu } from './FileMenu.tsx';
import { Metrics } from './Metrics.tsx';

const KvMetrics = lazy(() => import('../kv/KvMetrics.tsx').then((module) => ({ default: module.KvMetrics })));

export const WORKSPACES: readonly { readonly value: Workspace; readonly label: string }[] = [
  { value: 'studio', label: 'Studio' },
  { value: 'compare', label: 'Compare' },
  { value: 'bench', label: 'Bench' },
  { value: 'train', label: 'Train' },
  { value: 'search', label: 'Search' },
  { value: 'kv', label: 'KV' },
  { value: 'report', label: 'Report' },
];

export const WORKSPACE_ID = 'workspace';

export function TopBar({ app, left }: { readonly app: App; readonly left: number }) {
  const workspace = useView(app, (state) => state.workspace);
  return (
    <header
      aria-label="Top bar"
      data-region=""
      tabIndex={-1}
      className="col-span-full flex min-w-0 items-center border-b border-line bg-panel"
    >
      <FileMenu app={app} width={Math.max(left, 200)} />
      <Tabs
        label="Workspace"
        value={workspace}
        options={WORKSPACES}
        panel={WORKSPACE_ID}
        onChange={app.actions.setWorkspace}
        className="tabs"
      />
      {workspace === 'kv' ? (
        <Suspense fallback={<span className="ml-auto" />}>
          <KvMetrics app={app} />
        </Suspense>
      ) : (
        <Metrics app={app} />
      )}
      <div className="flex h-full items-center gap-1.5 border-l border-line-soft pr-3 pl-2.5">
        <span className="hidden roomy:flex">
          <ThemeButton app={app} />
          <IconButton
            icon={Command}
            label="Command palette"
            keys={`${MOD}K`}
            onClick={() => app.actions.show({ palette: true })}
          />
        </span>
        <ExportMenu app={app} />
      </div>
    </header>
  );
}
