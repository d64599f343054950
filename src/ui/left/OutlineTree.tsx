import { useVirtualizer } from '@tanstack/react-virtual';
import { Box, ChevronDown, ChevronRight, LogIn, LogOut, SquareStack } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatShare, plural } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import type { App } from '../../state/app.ts';
import { nodeCount } from '../../state/node-count.ts';
import { buildOutline, lineOf, outlineLines, type OutlineLine } from '../../state/outline.ts';
import { Icon } from '../kit/controls.tsx';
import { FamilyGlyph } from '../kit/Glyph.tsx';
import { useDocument, useView } from '../kit/use-store.ts';

const ROW_HEIGHT = 25;

/** A line of the tree: a graph input or output, or a part of the model. */
type Line = { readonly port: 'input' | 'output'; readonly name: string; readonly shape: string } | OutlineLine;

const keyOf = (line: Line): string => ('port' in line ? `${line.port} ${line.name}` : line.part.key);

function portLines(view: GraphView, which: 'input' | 'output'): readonly Line[] {
  const wires = which === 'input' ? view.inputs : view.outputs;
  return Array.from(wires, (wire) => ({
    port: which,
    name: view.wireNames[wire] ?? '',
    shape: view.wireShapes[wire] ?? '',
  }));
}

function ShareBar({ share, largest }: { readonly share: number; readonly largest: number }) {
  return (
    <>
      <span className="num text-105 text-ink-3">{formatShare(share)}</span>
      <span className="bar" aria-hidden="true">
        <i style={{ width: `${largest > 0 ? (share / largest) * 100 : 0}%` }} />
      </span>
    </>
  );
}

function PartIcon({ line }: { readonly line: OutlineLine }) {
  const { kind, family } = line.part;
  if (kind === 'node') return <FamilyGlyph family={family ?? 'unknown'} />;
  return <Icon of={kind === 'repeat' ? SquareStack : Box} size={13} className="text-ink-3" />;
}

function Fold({ unfolded }: { readonly unfolded: boolean | null }) {
  return (
    <span className="flex w-3 flex-none justify-center text-ink-3">
      {unfolded !== null && <Icon of={unfolded ? ChevronDown : ChevronRight} size={12} />}
    </span>
  );
}

function PortRow({ line }: { readonly line: Extract<Line, { port: string }> }) {
  return (
    <>
      <span className="w-3 flex-none" />
      <Icon of={line.port === 'input' ? LogIn : LogOut} size={13} className="text-ink-3" />
      <span className="ell flex-1">{line.name}</span>
      <span className="num ell max-w-[45%] text-105 text-ink-3">{line.shape}</span>
    </>
  );
}

function PartRow({ line, total, largest }: { line: OutlineLine; total: number; largest: number }) {
  const { part, unfolded } = line;
  return (
    <>
      <Fold unfolded={unfolded} />
      <PartIcon line={line} />
      <span className="tree-name ell flex-1">
        {part.name} {part.hint !== '' && <span className="text-ink-3">{part.hint}</span>}
      </span>
      {total > 0 && <ShareBar share={part.macs / total} largest={largest} />}
    </>
  );
}

function useLines(app: App, view: GraphView) {
  const outline = useMemo(() => buildOutline(view), [view]);
  const unfolded = useView(app, (state) => state.unfolded);
  const lines = useMemo(
    (): readonly Line[] => [
      ...portLines(view, 'input'),
      ...outlineLines(outline, unfolded),
      ...portLines(view, 'output'),
    ],
    [view, outline, unfolded],
  );
  const largest = useMemo(
    () => (outline.totalMacs > 0 ? Math.max(...outline.parts.map((part) => part.macs)) / outline.totalMacs : 0),
    [outline],
  );
  const selected = useView(app, (state) => state.selected);
  const selectedKey = useMemo(() => {
    const row = selected === null ? -1 : view.nodeIds.indexOf(selected);
    return row < 0 ? null : lineOf(outline, unfolded, row);
  }, [view, outline, unfolded, selected]);
  return { outline, lines, largest, selectedKey };
}

/** The model by name scopes; only the lines in view exist in the page. */
function OutlineTree({ app, view }: { readonly app: App; readonly view: GraphView }) {
  const { outline, lines, largest, selectedKey } = useLines(app, view);
  const matches = useView(app, (state) => state.matches);
  const matched = useMemo(() => new Set(matches ?? []), [matches]);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });

  // What is selected on the canvas comes into view here.
  useEffect(() => {
    const at = selectedKey === null ? -1 : lines.findIndex((line) => keyOf(line) === selectedKey);
    if (at >= 0) {
      setActive(at);
      rows.scrollToIndex(at, { align: 'auto' });
    }
  }, [selectedKey, lines, rows]);

  const enter = (line: Line): void => {
    if ('port' in line) return;
    const node = view.nodeIds[line.part.first];
    if (line.part.kind === 'node' && node !== undefined) app.actions.focusNode(node);
    else app.actions.toggleFold(line.part.key);
  };

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(lines.length - 1, to));
    setActive(next);
    rows.scrollToIndex(next, { align: 'auto' });
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lines[active];
    if (!line) return;
    const foldable = !('port' in line) && line.unfolded !== null;
    const reactions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(active - 1),
      Home: () => move(0),
      End: () => move(lines.length - 1),
      Enter: () => enter(line),
      ' ': () => enter(line),
      ArrowRight: () => {
        if (foldable && !line.unfolded) app.actions.toggleFold(line.part.key);
        else move(active + 1);
      },
      ArrowLeft: () => {
        if (foldable && line.unfolded) app.actions.toggleFold(line.part.key);
        else if (!('port' in line)) {
          const { depth } = line;
          const at = lines.findLastIndex((each, index) => index < active && !('port' in each) && each.depth < depth);
          if (at >= 0) move(at);
        }
      },
    };
    const reaction = reactions[event.key];
    if (!reaction) return;
    event.preventDefault();
    event.stopPropagation();
    reaction();
  };

  return (
    <div
      ref={scroller}
      role="tree"
      aria-label="Outline"
      aria-activedescendant={lines[active] ? `outline-${active}` : undefined}
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto px-1.5 outline-offset-[-2px]"
      onKeyDown={onKeyDown}
    >
      <div className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          const isPart = !('port' in line);
          const node = isPart && line.part.kind === 'node' ? view.nodeIds[line.part.first] : undefined;
          const style = { '--depth': isPart ? line.depth : 0, transform: `translateY(${item.start}px)` };
          return (
            <div
              key={item.key}
              id={`outline-${item.index}`}
              role="treeitem"
              tabIndex={-1}
              aria-level={isPart ? line.depth + 1 : 1}
              aria-selected={isPart && line.part.key === selectedKey}
              aria-expanded={isPart && line.unfolded !== null ? line.unfolded : undefined}
              data-match={node !== undefined && matched.has(node) ? '' : undefined}
              className={`tree-row absolute inset-x-0 top-0 ${item.index === active ? 'in-focus-visible:bg-hover' : ''}`}
              style={style}
              onClick={() => {
                setActive(item.index);
                enter(line);
              }}
            >
              {isPart ? <PartRow line={line} total={outline.totalMacs} largest={largest} /> : <PortRow line={line} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The outline with its head. */
export function OutlinePanel({ app }: { readonly app: App }) {
  const view = useDocument(app, (state) => state.picture?.view);
  if (!view) return null;
  return (
    <section aria-label="Outline" className="flex min-h-0 flex-1 flex-col">
      <h2 className="panel-head h-[30px] pr-3.5">
        Outline <span className="num font-regular text-ink-3">{plural(nodeCount(view), 'node')}</span>
        <span className="ml-auto text-11 font-regular text-ink-3">share of MACs</span>
      </h2>
      <OutlineTree app={app} view={view} />
    </section>
  );
}
