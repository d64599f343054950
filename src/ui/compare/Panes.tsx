import { memo, useEffect, useState } from 'react';
import { CHANGE_WORDS, type ChangeKind } from '../../base/changes.ts';
import { formatCount, formatInteger, plural } from '../../base/format.ts';
import type { ComparedModel, Comparison } from '../../engine/compare-types.ts';
import type { App } from '../../state/app.ts';
import { COMPARE_SIZES } from '../../state/compared.ts';
import { GraphCanvas } from '../canvas/GraphCanvas.tsx';
import type { GraphCanvasProps } from '../canvas/types.ts';
import { useStages } from '../kit/use-stages.ts';
import { useCompare } from '../kit/use-store.ts';
import { Sash } from '../shell/Sash.tsx';
import { useLink, useOnePicture, useOneSelection, useSideDiff } from './canvas-props.ts';
import { KindGlyph } from './kinds.tsx';
import { sideTitle } from './Sides.tsx';

const NONE: never[] = [];
const nothing = (): void => {};

/** What a canvas needs that is not looked at here: no pass, no choice of colours. */
const STILL = {
  overlay: 'operator',
  sites: NONE,
  refusals: NONE,
  refusal: null,
  prune: null,
  plain: true,
  onToggleSite: nothing,
  onOpenRefusal: nothing,
  onOverlay: nothing,
} as const;

type PaneProps = Pick<
  GraphCanvasProps,
  'picture' | 'origin' | 'documentKey' | 'selected' | 'diff' | 'ghosts' | 'focusRequest' | 'onSelect' | 'label'
> & { readonly link?: NonNullable<GraphCanvasProps['link']> };

/** Groups fold as in the studio, in both at once. */
function Pane({ app, ...props }: PaneProps & { readonly app: App }) {
  const [hovered, setHovered] = useState<number | null>(null);
  const [group, setGroup] = useState<string | null>(null);
  return (
    <GraphCanvas
      {...STILL}
      {...props}
      hovered={hovered}
      onHover={setHovered}
      selectedGroup={group}
      onSelectGroup={setGroup}
      onSelect={(node) => {
        setGroup(null);
        props.onSelect(node);
      }}
      onFold={app.actions.fold}
    />
  );
}

/** How many nodes of a side are what. */
const Badges = memo(function Badges({
  result,
  which,
}: {
  readonly result: Comparison;
  readonly which: 'before' | 'after';
}) {
  const kinds: readonly ChangeKind[] = ['fused', 'split', 'changed', which === 'before' ? 'removed' : 'added'];
  return kinds.map((kind) => {
    const changes = result.changes.filter((change) => change.kind === kind);
    const count = changes.reduce((sum, change) => sum + change[which].length, 0);
    if (count === 0) return null;
    const title = `${plural(count, 'node')}: ${CHANGE_WORDS[kind].toLowerCase()}`;
    return (
      <span key={kind} className="badge num" title={title} data-kind={kind}>
        <KindGlyph kind={kind} size={11} />
        <span className="sr-only">{title}</span>
        <span aria-hidden="true">{formatInteger(count)}</span>
      </span>
    );
  });
});

function PaneHead({
  result,
  which,
  model,
}: {
  readonly result: Comparison;
  readonly which: 'before' | 'after';
  readonly model: ComparedModel;
}) {
  const { nodes, macs } = model.summary;
  return (
    <div className="cmp-head">
      <b className="flex-none">{which === 'before' ? 'A' : 'B'}</b>
      <span className="ell">{sideTitle(model)}</span>
      <span className="num ell flex-none text-ink-3">
        {plural(nodes, 'node')}, {formatCount(macs)} MACs
      </span>
      <span className="ml-auto flex flex-none gap-1">
        <Badges result={result} which={which} />
      </span>
    </div>
  );
}

/** A and B side by side. */
function SplitPanes({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const share = useCompare(app, (state) => state.share);
  const together = useCompare(app, (state) => state.together);
  const selected = useCompare(app, (state) => state.selected);
  const focus = useCompare(app, (state) => state.focus);
  const row = useCompare(app, (state) => (state.row === null ? undefined : state.rows[state.row]));
  const link = useLink(result, together);
  useEffect(() => {
    const [left, right] = [row?.nodeBefore ?? null, row?.nodeAfter ?? null];
    link.hold(left === null || right === null ? null : { a: left, b: right });
  }, [link, row]);
  const diffA = useSideDiff(result, 'before');
  const diffB = useSideDiff(result, 'after');
  // Panned together, one of them goes there and takes the other along.
  const leader = row?.nodeAfter === null ? 'a' : 'b';
  const key = `${result.a.side} ${result.b.side}`;
  const { a, b } = result.pictures;
  // One canvas a frame, so that neither keeps the page for long.
  const stage = useStages(3);
  const select = app.actions.selectCompared;
  return (
    <div className="cmp-panes" style={{ gridTemplateColumns: `${share}fr 0 ${1 - share}fr` }}>
      <section className="cmp-pane" aria-label="A">
        <PaneHead result={result} which="before" model={result.a} />
        <div className="cmp-canvas">
          {stage >= 2 && (
            <Pane
              app={app}
              picture={a}
              origin={diffA.origins.size > 0 ? b : null}
              documentKey={`a ${key}`}
              label="Graph A"
              diff={diffA}
              link={{ link, side: 'a' }}
              selected={selected.a}
              focusRequest={together && leader !== 'a' ? null : focus.a}
              onSelect={(node) => select('a', node)}
            />
          )}
        </div>
      </section>
      <div className="cmp-divider">
        <Sash
          label="Width of A"
          orientation="vertical"
          className="-left-1"
          value={Math.round(share * 100)}
          min={20}
          max={80}
          step={2}
          area={(sash) => sash.closest('.cmp-panes') ?? sash}
          valueAt={({ clientX }, area) => ((clientX - area.left) / area.width) * 100}
          onChange={(percent) => app.actions.resizeCompare({ share: percent / 100 })}
          onReset={() => app.actions.resizeCompare({ share: COMPARE_SIZES.share })}
        />
      </div>
      <section className="cmp-pane" aria-label="B">
        <PaneHead result={result} which="after" model={result.b} />
        <div className="cmp-canvas">
          {stage >= 3 && (
            <Pane
              app={app}
              picture={b}
              origin={diffB.origins.size > 0 ? a : null}
              documentKey={`b ${key}`}
              label="Graph B"
              diff={diffB}
              link={{ link, side: 'b' }}
              selected={selected.b}
              focusRequest={together && leader !== 'b' ? null : focus.b}
              onSelect={(node) => select('b', node)}
            />
          )}
        </div>
      </section>
    </div>
  );
}

/** Both in one canvas: the overlay, or the changes alone. */
function OnePane({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const mode = useCompare(app, (state) => state.mode);
  const one = useOnePicture(app, result);
  const { selected, focus, select } = useOneSelection(app);
  if (!one) return null;
  const what = mode === 'overlay' ? 'B with what only A has' : 'Changes and what touches them';
  return (
    <div className="cmp-panes" style={{ gridTemplateColumns: '1fr' }}>
      <section className="cmp-pane" aria-label={what}>
        <div className="cmp-head">
          <b className="flex-none">{sideTitle(result.a)}</b>
          <span className="text-ink-3">→</span>
          <b className="ell">{sideTitle(result.b)}</b>
          <span className="ell text-ink-3">{what}</span>
          <span className="ml-auto flex flex-none gap-1">
            <Badges result={result} which="after" />
          </span>
        </div>
        <div className="cmp-canvas">
          <Pane
            app={app}
            {...one}
            documentKey={`${mode} ${result.a.side} ${result.b.side}`}
            label={mode === 'overlay' ? 'Overlay' : 'Changes'}
            selected={selected}
            focusRequest={focus}
            onSelect={select}
          />
        </div>
      </section>
    </div>
  );
}

export function Panes({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const mode = useCompare(app, (state) => state.mode);
  return mode === 'split' ? <SplitPanes app={app} result={result} /> : <OnePane key={mode} app={app} result={result} />;
}
