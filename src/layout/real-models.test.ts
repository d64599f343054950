import { describe, expect, it } from 'vitest';
import { analyze } from '../analysis/analyze.ts';
import { makeGraphView } from '../analysis/view.ts';
import type { GraphView } from '../ir/view.ts';
import { readModel } from '../onnx/read.ts';
import { layoutProblems } from '../testing/layout-geometry.ts';
import { haveShared, sharedFile, sharedModels } from '../testing/shared.ts';
import { layoutGraph } from './layout.ts';

/** Null: a file that cannot be read; some are broken on purpose. */
function viewOfFile(path: string): GraphView | null {
  try {
    const { model } = readModel(sharedFile(path), { name: path });
    return makeGraphView(model, analyze(model), 1);
  } catch {
    return null;
  }
}

/** Groups of the class with the most copies; of the last one among equals. */
function keysOfLargestClass({ groups }: GraphView): string[] {
  const counts = new Map<number, number>();
  for (const each of groups.classes) counts.set(each, (counts.get(each) ?? 0) + 1);
  const [largest] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [-1];
  return groups.keys.filter((_, group) => groups.classes[group] === largest);
}

const foldings: readonly (readonly [string, (view: GraphView) => readonly string[]])[] = [
  ['as it is at first', () => []],
  ['with every group turned over', ({ groups }) => groups.keys],
  [
    'with the groups at the top turned over',
    ({ groups }) => groups.keys.filter((_, group) => groups.parents[group]! < 0),
  ],
  ['with all copies of one group turned over', keysOfLargestClass],
];

const files = ['real/models', 'real/ort_fusion', 'micro', 'scale'].flatMap(sharedModels);
const views = files.map((path) => [path, viewOfFile(path)] as const);

describe.skipIf(!haveShared())('the layout of real models', () => {
  it.each(foldings)(
    'is sound %s',
    (_, toggled) => {
      let looked = 0;
      let boxes = 0;
      for (const [path, view] of views) {
        if (!view) continue;
        const keys = new Set(toggled(view));
        const layout = layoutGraph(view, undefined, keys);
        expect(layoutProblems(view, layout, keys).slice(0, 5), path).toEqual([]);
        looked++;
        boxes += layout.folded.groups.length + layout.blocks.length;
      }
      expect(looked).toBeGreaterThan(200);
      expect(boxes).toBeGreaterThan(100);
    },
    120_000,
  );
});
