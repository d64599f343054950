import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import type { App } from '../../state/app.ts';
import { nodeCount } from '../../state/node-count.ts';
import { partsAround } from '../../state/outline/outline.ts';
import { useDocument } from '../kit/use-store.ts';
import { describeLine, isPort, keyOf, rowOf, useOutline, type Line, type OutlineState } from './outline-lines.ts';
import { OutlineMenu } from './OutlineMenu.tsx';
import { OutlineRow } from './OutlineRow.tsx';
import { useOutlineKeys, type OutlineMoves } from './use-outline-keys.ts';

const ROW_HEIGHT = 25;

/** Goes to a node: selects it, and unfolds the outline down to it. */
function reveal(app: App, { view, outline }: OutlineState, row: number): void {
  const around = partsAround(outline, row);
  app.actions.unfold(around.slice(0, -1).map((part) => part.key));
  app.actions.focusNode(view.nodeIds[row]!);
}

interface RowProps {
  readonly state: OutlineState;
  readonly line: Line;
  readonly index: number;
  readonly top: number;
  readonly active: boolean;
  readonly onEnter: () => void;
  readonly onMenu: () => void;
}

function TreeRow({ state, line, index, top, active, onEnter, onMenu }: RowProps) {
  const part = isPort(line) ? null : line;
  const row = rowOf(line);
  const matched = row >= 0 && state.markOf(state.view.nodeIds[row]!).match;
  const text = describeLine(state, line);
  return (
    <div
      id={`outline-${index}`}
      role="treeitem"
      tabIndex={-1}
      aria-label={text}
      title={text}
      aria-level={(part?.depth ?? 0) + 1}
      aria-posinset={part?.place}
      aria-setsize={part?.siblings}
      aria-selected={part !== null && part.part.key === state.selectedKey}
      aria-expanded={part?.unfolded ?? undefined}
      data-match={matched ? '' : undefined}
      data-active={active ? '' : undefined}
      className="tree-row absolute inset-x-0 top-0"
      style={{ '--depth': part?.depth ?? 0, transform: `translateY(${top}px)` } as CSSProperties}
      onClick={onEnter}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu();
      }}
    >
      <OutlineRow state={state} line={line} />
    </div>
  );
}

/** The line that the keyboard stands on; it follows the selection and stays on its line when lines come and go. */
function useActive(state: OutlineState, show: (index: number) => void) {
  const { lines, selectedKey } = state;
  const [key, setKey] = useState<string | null>(null);
  const found = key === null ? 0 : lines.findIndex((line) => keyOf(line) === key);
  const active = Math.max(0, found);
  const setActive = (index: number): void => {
    const line = lines[index];
    if (!line) return;
    setKey(keyOf(line));
    show(index);
  };
  // What is selected on the canvas becomes the line here, and comes into view.
  const [seen, setSeen] = useState<string | null>(null);
  if (seen !== selectedKey) {
    setSeen(selectedKey);
    if (selectedKey !== null) setKey(selectedKey);
  }
  useEffect(() => {
    const at = selectedKey === null ? -1 : lines.findIndex((line) => keyOf(line) === selectedKey);
    if (at >= 0) show(at);
  }, [selectedKey, lines, show]);
  return { active, setActive };
}

/** Everything that the canvas gives, line by line; only the lines in view exist in the page. */
function OutlineTree({ app, view }: { readonly app: App; readonly view: GraphView }) {
  const state = useOutline(app, view);
  const { lines } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const [show] = useState(
    () =>
      (index: number): void =>
        rows.scrollToIndex(index, { align: 'auto' }),
  );
  const { active, setActive } = useActive(state, show);
  const [menu, setMenu] = useState(false);
  const line = lines[active];

  const enter = (entered: Line): void => {
    if (isPort(entered)) return;
    const row = rowOf(entered);
    if (row < 0) return app.actions.toggleFold(entered.part.key);
    const node = view.nodeIds[row]!;
    app.actions.focusNode(node);
    const { miss, site } = state.markOf(node);
    if (miss && !site) app.actions.showRefusal(miss.index);
  };
  const moves: OutlineMoves = {
    to: setActive,
    enter,
    goTo: (row) => reveal(app, state, row),
    openMenu: () => setMenu(true),
  };
  const onKey = useOutlineKeys(app, state, active, moves);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || !onKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={scroller}
      role="tree"
      aria-label="Outline"
      aria-activedescendant={line ? `outline-${active}` : undefined}
      tabIndex={0}
      className="relative min-h-0 flex-1 overflow-y-auto px-1.5 outline-offset-[-2px]"
      onKeyDown={onKeyDown}
    >
      <div className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((item) => {
          const shown = lines[item.index];
          if (!shown) return null;
          const choose = (): void => {
            setActive(item.index);
            enter(shown);
          };
          const openMenu = (): void => {
            setActive(item.index);
            setMenu(true);
          };
          return (
            <TreeRow
              key={item.key}
              state={state}
              line={shown}
              index={item.index}
              top={item.start}
              active={item.index === active}
              onEnter={choose}
              onMenu={openMenu}
            />
          );
        })}
      </div>
      <OutlineMenu
        app={app}
        state={state}
        line={line && !isPort(line) ? line : null}
        top={active * ROW_HEIGHT}
        open={menu}
        goTo={moves.goTo}
        onClose={() => {
          setMenu(false);
          scroller.current?.focus();
        }}
      />
    </div>
  );
}

/** The outline with its head. */
export function OutlinePanel({ app }: { readonly app: App }) {
  const view = useDocument(app, (state) => state.picture?.view);
  if (!view) return null;
  const count = nodeCount(view);
  // In the bodies of If, Loop and Scan, and of functions.
  const inside = view.nodeIds.length - count;
  return (
    <section aria-label="Outline" className="flex min-h-0 flex-1 flex-col">
      <h2 className="panel-head h-[30px] pr-3.5">
        Outline
        <span className="num ell font-regular text-ink-3">
          {plural(count, 'node')}
          {inside > 0 && `, ${formatInteger(inside)} inside`}
        </span>
        <span className="ml-auto flex-none text-11 font-regular text-ink-3">share of MACs</span>
      </h2>
      <OutlineTree app={app} view={view} />
    </section>
  );
}
