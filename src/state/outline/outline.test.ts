import { describe, expect, it } from 'vitest';
import { buildOutline, lineOf, outlineLines } from './outline.ts';
import { makeView } from '../testing/view.ts';

const mobile = makeView([
  ['Conv', '/features/features.0/Conv', 10],
  ['Clip', '/features/features.0/Clip', 0],
  ['Conv', '/features/features.1/conv/Conv', 20],
  ['Add', '/features/features.1/Add', 0],
  ['Conv', '/features/features.2/conv/Conv', 30],
  ['Add', '/features/features.2/Add', 0],
  ['Gemm', '/classifier/Gemm', 40],
]);

describe('the outline', () => {
  it('leaves out a scope that only repeats the names of its parts, and gathers parts that are alike', () => {
    const outline = buildOutline(mobile);
    expect(outline.parts.map((part) => `${part.name} ${part.hint}`.trim())).toEqual([
      'features.0',
      'features.1–2 × 2',
      'classifier',
    ]);
    expect(outline.parts.map((part) => part.macs)).toEqual([10, 50, 40]);
    expect(outline.totalMacs).toBe(100);
  });

  it('shows what is inside of an unfolded part only', () => {
    const outline = buildOutline(mobile);
    const repeat = outline.parts[1]?.key ?? '';
    const names = (unfolded: readonly string[]): readonly string[] =>
      outlineLines(outline, new Set(unfolded)).map(({ part, depth }) => `${depth} ${part.name}`);
    expect(names([])).toEqual(['0 features.0', '0 features.1–2', '0 classifier']);
    expect(names([repeat])).toEqual(['0 features.0', '0 features.1–2', '1 features.1', '1 features.2', '0 classifier']);
  });

  it('finds the line that stands for a node', () => {
    const outline = buildOutline(mobile);
    const repeat = outline.parts[1];
    const second = repeat?.children?.()[1];
    expect(lineOf(outline, new Set(), 4)).toBe(repeat?.key);
    expect(lineOf(outline, new Set([repeat?.key ?? '']), 4)).toBe(second?.key);
    expect(lineOf(outline, new Set([repeat?.key ?? '', second?.key ?? '']), 5)).toBe('#5');
  });

  it('lists nodes without scopes one by one', () => {
    const outline = buildOutline(
      makeView([
        ['Relu', 'Relu_0', 0],
        ['Relu', 'Relu_1', 0],
      ]),
    );
    expect(outline.parts.map((part) => part.name)).toEqual(['Relu 1', 'Relu 2']);
  });

  it('does not gather parts that are built differently', () => {
    const view = makeView([
      ['Conv', '/layer.0/Conv', 1],
      ['Conv', '/layer.1/Conv', 1],
      ['Relu', '/layer.1/Relu', 0],
    ]);
    expect(buildOutline(view).parts.map((part) => part.name)).toEqual(['layer.0', 'layer.1']);
  });
});
