import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { plural } from '../../base/format.ts';
import type { GraphView } from '../../ir/view.ts';
import type { App } from '../../state/app.ts';
import { boxesOf, describeNode, marksOf, type NodeMark } from '../../state/outline/marks.ts';
import { lineOf, outlineOf, outlineLines, type OutlineLine } from '../../state/outline/outline.ts';
import type { Outline } from '../../state/outline/parts.ts';
import { useDocument, useView } from '../kit/use-store.ts';

interface PortLine {
  readonly port: 'input' | 'output';
  readonly name: string;
  readonly shape: string;
}
/** A line of the tree: a graph input or output, or a part of the model. */
export type Line = PortLine | OutlineLine;
export const isPort = (line: Line): line is PortLine => 'port' in line;

export const keyOf = (line: Line): string => (isPort(line) ? `${line.port} ${line.name}` : line.part.key);
const nameOf = (line: Line): string => (isPort(line) ? line.name : line.part.name);

/** Row of the node that a line is; -1: it is no node. */
export const rowOf = (line: Line): number => (!isPort(line) && line.part.kind === 'node' ? line.part.first : -1);

function portLines(view: GraphView, which: 'input' | 'output'): readonly Line[] {
  return Array.from(which === 'input' ? view.inputs : view.outputs, (wire) => ({
    port: which,
    name: view.wireNames[wire] ?? '',
    shape: view.wireShapes[wire] ?? '',
  }));
}

export interface OutlineState {
  readonly view: GraphView;
  readonly outline: Outline;
  readonly lines: readonly Line[];
  /** Largest MACs of a part at the top, as a share of all. */
  readonly largest: number;
  /** Key of the line that stands for the selected node. */
  readonly selectedKey: string | null;
  readonly markOf: (node: number) => NodeMark;
  /** Whether a group is one box on the graph. */
  readonly isBox: (group: number) => boolean;
}

function useMarks(app: App, view: GraphView): (node: number) => NodeMark {
  const shown = useStore(
    app.document,
    useShallow(({ preview, sites, diff }) => ({ preview, diff, found: preview ? sites[preview.pass] : undefined })),
  );
  const matches = useView(app, (state) => state.matches);
  return useMemo(() => marksOf({ view, matches, ...shown }), [view, matches, shown]);
}

function useBoxes(app: App, view: GraphView): (group: number) => boolean {
  const toggled = useDocument(app, (state) => state.picture?.toggled);
  return useMemo(() => boxesOf(view, toggled ?? []), [view, toggled]);
}

/** The lines of the outline, and what stands at them. */
export function useOutline(app: App, view: GraphView): OutlineState {
  const outline = outlineOf(view);
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
    () =>
      outline.totalMacs > 0 ? outline.parts.reduce((most, { macs }) => Math.max(most, macs), 0) / outline.totalMacs : 0,
    [outline],
  );
  const selected = useView(app, (state) => state.selected);
  const selectedKey = useMemo(() => {
    const row = selected === null ? -1 : view.nodeIds.indexOf(selected);
    return row < 0 ? null : lineOf(outline, unfolded, row);
  }, [view, outline, unfolded, selected]);
  return { view, outline, lines, largest, selectedKey, markOf: useMarks(app, view), isBox: useBoxes(app, view) };
}

/** Everything that a line says, in words. */
export function describeLine({ view, outline, markOf, isBox }: OutlineState, line: Line): string {
  if (isPort(line)) return `${line.port} ${line.name}${line.shape === '' ? '' : `, ${line.shape}`}`;
  const { part } = line;
  if (part.kind === 'node') {
    return describeNode(view, part.first, part.name, markOf(view.nodeIds[part.first]!), outline.totalMacs);
  }
  const box = isBox(part.group) ? ', folded on the graph' : '';
  return `${part.name} ${part.hint}`.trim() + `, ${part.kind} of ${plural(part.nodes, 'node')}${box}`;
}

/** The next line from `from` on, round the end, whose name begins with the letters; -1: none does. */
export function lineNamed(lines: readonly Line[], letters: string, from: number): number {
  for (let i = 0; i < lines.length; i++) {
    const at = (from + i) % lines.length;
    if (nameOf(lines[at]!).toLowerCase().startsWith(letters)) return at;
  }
  return -1;
}
