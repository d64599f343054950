import type { Analysis } from '../analysis/analyze.ts';
import type { Model } from '../ir/model.ts';
import { opKey } from '../ops/registry.ts';
import { placeOfBlocks } from '../prune/names.ts';
import { residualBlocks, type ResidualBlock } from '../prune/residual/blocks.ts';

/** Residual blocks one behind the other, of one shape, in units that are built alike. */
export interface Stage {
  /** In the order of the graph: the last one goes first. A unit is one block, or the blocks of a transformer's layer. */
  readonly units: readonly (readonly ResidualBlock[])[];
  readonly name: string;
  /** Names of the sums that end the blocks. */
  readonly sums: readonly string[];
}

/** Those by which a block is named: their weights tell where they stand. */
const LINEAR = /^(Conv|FusedConv|ConvTranspose|Gemm|MatMul)$/;

/**
 * Runs of residual blocks that follow each other directly (a stage, as Cai et al. 2020 call it): any number of the last
 * units may go.
 */
export function stagesOf(model: Model, analysis: Analysis): Stage[] {
  const { blocks } = residualBlocks(model, analysis);
  const byStart = new Map(blocks.map((block) => [block.x, block]));
  const ends = new Set(blocks.map(({ y }) => y));
  const first = blocks.filter(({ x }) => !ends.has(x));
  return first.map((start, index): Stage => {
    const run: ResidualBlock[] = [];
    for (let block: ResidualBlock | undefined = start; block && !run.includes(block); block = byStart.get(block.y)) {
      run.push(block);
    }
    const period = periodOf(run.map(signature));
    const units = Array.from({ length: run.length / period }, (_, unit) =>
      run.slice(unit * period, (unit + 1) * period),
    );
    const place = placeOfBlocks(
      model,
      run.map(({ nodes }) => nodes.filter(({ opType }) => LINEAR.test(opType))),
    );
    const sums = run.map(({ y }) => model.getValue(y).name);
    return { units, name: place || `stage ${index + 1}`, sums };
  });
}

const signature = ({ nodes }: ResidualBlock): string => nodes.map(opKey).join();

/** The length of the shortest pattern that the whole run repeats; 1 where none but the run itself does. */
function periodOf(signatures: readonly string[]): number {
  for (let period = 1; period < signatures.length; period++) {
    if (signatures.length % period !== 0) continue;
    if (signatures.every((each, i) => each === signatures[i % period])) return period;
  }
  return 1;
}
