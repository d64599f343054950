import { useMemo, useState } from 'react';
import type { App } from '../../state/app.ts';
import { isAsked } from '../../state/overlays.ts';
import { GraphCanvas } from '../canvas/GraphCanvas.tsx';
import { EditCard } from '../edit/EditCard.tsx';
import { EditMenu } from '../edit/EditMenu.tsx';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useLater } from '../kit/use-later.ts';
import { useDocument, useView } from '../kit/use-store.ts';
import { NoSiteCard } from '../passbar/NoSiteCard.tsx';
import { PassBar } from '../passbar/PassBar.tsx';
import { useCanvasPrune } from '../prune/canvas-marks.ts';
import { GROUP_CARD_COVERS, GroupCard } from '../prune/GroupCard.tsx';
import { PruneBar } from '../prune/PruneBar.tsx';
import { OpeningCard } from '../start/Opening.tsx';
import { OpenProblem } from '../start/OpenProblem.tsx';
import {
  toggleOnCanvas,
  useCanvasMatches,
  useCanvasRefusals,
  useCanvasSites,
  usePictureSaving,
} from './canvas-data.ts';
import { RunningCard } from './RunningCard.tsx';

/** The graph with everything that is drawn on it. */
function Graph({ app, readOnly }: { readonly app: App; readonly readOnly: boolean }) {
  const picture = useDocument(app, (state) => state.picture);
  const origin = useDocument(app, (state) => state.origin);
  const opened = useDocument(app, (state) => state.opened);
  const diff = useDocument(app, (state) => state.diff);
  const before = useDocument(app, (state) => state.before);
  const ghosts = useMemo(() => before && diff && { picture: before, nodes: diff.removed }, [before, diff]);
  const overlay = useView(app, (state) => state.overlay);
  const overlayEntry = useDocument(app, (state) => (isAsked(overlay) ? state.overlays[overlay] : null) ?? null);
  const selected = useView(app, (state) => state.selected);
  const selectedGroup = useView(app, (state) => state.selectedGroup);
  const refusal = useView(app, (state) => state.refusal);
  const matches = useCanvasMatches(app);
  const focus = useView(app, (state) => state.focus);
  const saving = usePictureSaving(app);
  const sites = useCanvasSites(app);
  const refusals = useCanvasRefusals(app);
  const [hovered, setHovered] = useState<number | null>(null);
  const prune = useCanvasPrune(app, hovered);
  const card = useDocument(app, (state) => (state.prune?.group ?? null) !== null);
  if (!picture) return null;
  const canvas = (
    <GraphCanvas
      picture={picture}
      origin={origin}
      ghosts={ghosts}
      documentKey={String(opened)}
      overlay={overlay}
      overlayEntry={overlayEntry}
      sites={sites}
      refusals={refusals}
      refusal={refusal}
      covered={card ? GROUP_CARD_COVERS : 0}
      selected={selected}
      selectedGroup={selectedGroup}
      hovered={hovered}
      diff={diff}
      prune={prune}
      matches={matches}
      focusRequest={focus}
      saving={saving}
      onSelect={(node, beside) => (beside === true && node !== null ? app.actions.mark(node) : app.actions.pick(node))}
      onSelectGroup={app.actions.selectGroup}
      onFold={app.actions.fold}
      onHover={setHovered}
      onToggleSite={(key) => toggleOnCanvas(app, key)}
      onOpenRefusal={app.actions.showRefusal}
      onOverlay={app.actions.setOverlay}
      onMeasure={() => void app.actions.measureNodes()}
    />
  );
  return readOnly ? (
    canvas
  ) : (
    <EditMenu app={app} hovered={hovered}>
      {canvas}
    </EditMenu>
  );
}

/** A card there says itself what went wrong. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['bench', 'accuracy', 'search', 'supernet', 'kv', 'export']);

/** What could not be done, where it was asked for; it covers nodes, never the bar that asked. */
function Failure({ app }: { readonly app: App }) {
  const failure = useDocument(app, (state) => state.failure);
  const previewError = useDocument(app, (state) => state.preview?.error);
  const editing = useDocument(app, (state) => state.edit !== null);
  const error = failure?.error ?? previewError;
  if (!error || editing || (failure && SAID_ELSEWHERE.has(failure.place))) return null;
  return (
    <div className="pop absolute top-14 left-3 z-10 w-[min(440px,calc(100%-70px))]">
      <Problem error={error} what={failure?.what} compact>
        {failure && (
          <Button size="small" onClick={() => app.actions.dismissFailure()}>
            Dismiss
          </Button>
        )}
      </Problem>
    </div>
  );
}

/** Another file being opened, or one that did not open, while this one stays. */
function OtherFile({ app }: { readonly app: App }) {
  const opening = useLater(useDocument(app, (state) => state.status === 'opening'));
  const failed = useDocument(app, (state) => state.openError !== null);
  if (!opening && !failed) return null;
  return (
    <div className="pop absolute top-14 left-1/2 z-20 w-[min(480px,calc(100%-70px))] -translate-x-1/2">
      {opening ? (
        <div className="p-4">
          <OpeningCard app={app} />
        </div>
      ) : (
        <OpenProblem app={app} />
      )}
    </div>
  );
}

export function CanvasArea({ app, readOnly }: { readonly app: App; readonly readOnly: boolean }) {
  return (
    <>
      <Graph app={app} readOnly={readOnly} />
      {!readOnly && (
        <>
          <PassBar app={app} />
          <NoSiteCard app={app} />
          <PruneBar app={app} />
          <GroupCard app={app} />
          <EditCard app={app} />
        </>
      )}
      {readOnly && (
        <p className="float top-3 left-3 px-3 py-2 text-12 text-ink-2">
          This window is too narrow to edit: 900 px are needed.
        </p>
      )}
      <Failure app={app} />
      <RunningCard app={app} />
      <OtherFile app={app} />
    </>
  );
}
