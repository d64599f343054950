import type { Analysis } from '../../analysis/analyze.ts';
import { observedKey, type ActivationStats, type ChannelStats, type Observed } from '../../rewrite/facts.ts';
import type { ResidualBlock } from './blocks.ts';

/** The axis along which a value is observed: channels of images, else the last. */
const dimOf = (analysis: Analysis, value: ResidualBlock['x']): number => {
  const rank = analysis.shape(value)?.length ?? 1;
  return rank === 4 ? 1 : rank - 1;
};

/** x, F(x) and x + F(x) of every block, each once. */
export function blockValues(analysis: Analysis, blocks: readonly ResidualBlock[]): Observed[] {
  const values = new Set(blocks.flatMap(({ x, branch, y }) => [x, branch, y]));
  return [...values].map((value) => ({ value, dim: dimOf(analysis, value) }));
}

/**
 * 1 − cos(x, x + F(x)) over all of the data: what a block changes of the direction of what passes through it (Men et al.
 * 2024, ShortGPT: Layers in Large Language Models are More Redundant Than You Expect). Null: it was not observed.
 */
export function influenceOf(
  analysis: Analysis,
  stats: ActivationStats,
  { x, branch, y }: ResidualBlock,
): number | null {
  const of = (value: ResidualBlock['x']): ChannelStats | undefined =>
    stats.get(observedKey({ value, dim: dimOf(analysis, value) }));
  const [a, f, b] = [of(x), of(branch), of(y)].map((each) => each && sum(each.meanSquare));
  if (a === undefined || f === undefined || b === undefined) return null;
  // ‖x + F‖² = ‖x‖² + 2 x·F + ‖F‖²
  const product = a + (b - a - f) / 2;
  return a > 0 && b > 0 ? 1 - product / Math.sqrt(a * b) : 1;
}

const sum = (values: Float64Array): number => values.reduce((total, each) => total + each, 0);

/** The norm of the branch's last weights for each of their outputs: what a branch can add, by its weights alone. */
export function reachOf(analysis: Analysis, { nodes }: ResidualBlock): number {
  for (const node of [...nodes].reverse()) {
    const value = node.inputs[1];
    const tensor = value === null || value === undefined ? null : analysis.constant(value);
    if (!tensor || !/^(Conv|ConvTranspose|Gemm|MatMul|FusedConv|FusedMatMul|Attention)$/.test(node.opType)) continue;
    let squares = 0;
    const numbers = tensor.numbers();
    for (let i = 0; i < numbers.length; i++) squares += (numbers[i] ?? 0) ** 2;
    return Math.sqrt(squares / Math.max(tensor.size, 1));
  }
  return Infinity;
}
