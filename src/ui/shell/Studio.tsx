import { lazy, Suspense, useEffect, type CSSProperties } from 'react';
import type { App } from '../../state/app.ts';
import type { Workspace } from '../../state/view.ts';
import { Dock } from '../dock/Dock.tsx';
import { Inspector } from '../inspector/Inspector.tsx';
import { useStages } from '../kit/use-stages.ts';
import { useCompare, useDocument, useView } from '../kit/use-store.ts';
import { LeftPanel } from '../left/LeftPanel.tsx';
import { CanvasArea } from './CanvasArea.tsx';
import { Sash } from './Sash.tsx';
import { TopBar, WORKSPACE_ID } from './TopBar.tsx';
import { DOCK, LEFT, RIGHT, usePanels, type Panels } from './use-panels.ts';

// Not needed for the first picture.
const BenchWorkspace = lazy(() =>
  import('../bench/BenchWorkspace.tsx').then((module) => ({ default: module.BenchWorkspace })),
);
const CompareWorkspace = lazy(() =>
  import('../compare/CompareWorkspace.tsx').then((module) => ({ default: module.CompareWorkspace })),
);
const KvWorkspace = lazy(() => import('../kv/KvWorkspace.tsx').then((module) => ({ default: module.KvWorkspace })));
const ReportWorkspace = lazy(() =>
  import('../export/ReportWorkspace.tsx').then((module) => ({ default: module.ReportWorkspace })),
);
const SearchWorkspace = lazy(() =>
  import('../search/SearchWorkspace.tsx').then((module) => ({ default: module.SearchWorkspace })),
);
const TrainWorkspace = lazy(() =>
  import('../train/TrainWorkspace.tsx').then((module) => ({ default: module.TrainWorkspace })),
);

/** Below this width the left panel closes to its rail. */
const CLOSES = LEFT.min - 40;

function LeftSash({ app, panels }: { readonly app: App; readonly panels: Panels }) {
  return (
    <Sash
      label="Width of the left panel"
      orientation="vertical"
      className="-right-1"
      value={panels.left}
      min={CLOSES - 1}
      max={LEFT.max}
      step={16}
      valueAt={({ clientX }, area) => clientX - area.left}
      onReset={() => app.actions.changeSettings({ leftWidth: null })}
      onChange={(width) =>
        app.actions.changeSettings(
          width < CLOSES ? { leftOpen: false } : { leftOpen: true, leftWidth: Math.max(LEFT.min, width) },
        )
      }
    />
  );
}

function RightSash({ app, panels }: { readonly app: App; readonly panels: Panels }) {
  return (
    <Sash
      label="Width of the inspector"
      orientation="vertical"
      className="-left-1"
      value={panels.right}
      min={RIGHT.min}
      max={RIGHT.max}
      step={16}
      reversed
      valueAt={({ clientX }, area) => area.right - clientX}
      onReset={() => app.actions.changeSettings({ rightWidth: null })}
      onChange={(rightWidth) => app.actions.changeSettings({ rightWidth })}
    />
  );
}

function DockSash({ app, panels }: { readonly app: App; readonly panels: Panels }) {
  return (
    <Sash
      label="Height of the dock"
      orientation="horizontal"
      className="-top-1"
      value={panels.dock}
      min={DOCK.min}
      max={DOCK.max}
      step={16}
      reversed
      valueAt={({ clientY }, area) => area.bottom - clientY}
      onReset={() => app.actions.changeSettings({ dockHeight: null })}
      onChange={(dockHeight) => app.actions.changeSettings({ dockHeight })}
    />
  );
}

/** Left panel, canvas, inspector and dock; the canvas comes first, and takes three stages. */
function StudioWorkspace({ app, panels }: { readonly app: App; readonly panels: Panels }) {
  const stage = useStages(8);
  const name = useDocument(app, (state) => state.document?.name);
  return (
    <>
      <aside
        aria-label="Outline and passes"
        data-region=""
        tabIndex={-1}
        className="relative row-span-2 flex min-h-0 flex-col border-r border-line bg-panel"
      >
        {stage >= 5 && <LeftPanel app={app} rail={panels.rail} readOnly={panels.readOnly} passes={stage >= 6} />}
        {!panels.rail && <LeftSash app={app} panels={panels} />}
      </aside>
      <main
        id={WORKSPACE_ID}
        aria-label="Graph"
        data-region=""
        tabIndex={-1}
        className="relative min-h-0 min-w-0 overflow-hidden bg-canvas"
      >
        <h1 className="sr-only">{name}</h1>
        {stage >= 2 && <CanvasArea app={app} readOnly={panels.readOnly} />}
      </main>
      {panels.right > 0 && (
        <aside
          aria-label="Inspector"
          data-region=""
          tabIndex={-1}
          className="relative flex min-h-0 flex-col border-l border-line bg-panel"
        >
          {stage >= 7 && <Inspector app={app} />}
          <RightSash app={app} panels={panels} />
        </aside>
      )}
      <section
        aria-label="Dock"
        data-region=""
        tabIndex={-1}
        className="relative col-span-full col-start-2 flex min-h-0 min-w-0 flex-col border-t border-line bg-panel"
      >
        {stage >= 8 && <Dock app={app} height={panels.dock} />}
        <DockSash app={app} panels={panels} />
      </section>
    </>
  );
}

function OtherWorkspace({ app, workspace }: { readonly app: App; readonly workspace: Exclude<Workspace, 'studio'> }) {
  return (
    <main
      id={WORKSPACE_ID}
      data-region=""
      tabIndex={-1}
      className="col-span-full row-span-2 min-h-0 overflow-auto bg-app"
    >
      <Suspense fallback={null}>
        {workspace === 'compare' && <CompareWorkspace app={app} />}
        {workspace === 'bench' && <BenchWorkspace app={app} />}
        {workspace === 'train' && <TrainWorkspace app={app} />}
        {workspace === 'search' && <SearchWorkspace app={app} />}
        {workspace === 'kv' && <KvWorkspace app={app} />}
        {workspace === 'report' && <ReportWorkspace app={app} />}
      </Suspense>
    </main>
  );
}

/** Tells messages where they cover nothing but canvas: beside the inspector, above the dock and the zoom. */
function useFreeCorner([right, bottom]: readonly [number, number]): void {
  useEffect(() => {
    const { style } = document.documentElement;
    style.setProperty('--corner-right', `${right}px`);
    style.setProperty('--corner-bottom', `${bottom}px`);
  }, [right, bottom]);
  useEffect(
    () => () => {
      document.documentElement.style.removeProperty('--corner-right');
      document.documentElement.style.removeProperty('--corner-bottom');
    },
    [],
  );
}

/** The studio around an open model. */
export function Studio({ app }: { readonly app: App }) {
  const panels = usePanels(app);
  const workspace = useView(app, (state) => state.workspace);
  const table = useCompare(app, (state) => state.tableHeight);
  const corners: Readonly<Partial<Record<Workspace, readonly [number, number]>>> = {
    studio: [panels.right + 32, panels.dock + 44],
    compare: [32, table + 44],
  };
  useFreeCorner(corners[workspace] ?? [0, 0]);
  const columns = `${panels.left}px minmax(0, 1fr)${panels.right > 0 ? ` ${panels.right}px` : ''}`;
  const style: CSSProperties = {
    gridTemplateColumns: columns,
    gridTemplateRows: `var(--h-topbar) minmax(0, 1fr) ${panels.dock}px`,
  };
  return (
    <div className="grid h-full" style={style}>
      <TopBar app={app} left={panels.left} />
      {workspace === 'studio' ? (
        <StudioWorkspace app={app} panels={panels} />
      ) : (
        <OtherWorkspace app={app} workspace={workspace} />
      )}
    </div>
  );
}
