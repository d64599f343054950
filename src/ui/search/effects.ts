import { formatShare } from '../../base/format.ts';
import type { GeneEffect, GeneView, QualityId } from '../../search/types.ts';
import { qualityText } from '../../search/figures.ts';

/** What a gene does, ready to be drawn. */
export interface EffectRow {
  readonly id: string;
  readonly name: string;
  readonly share: number;
  readonly cells: readonly EffectCell[];
  readonly words: string;
}
export interface EffectCell {
  readonly label: string;
  readonly quality: number | null;
  /** 0: the worst mean of all genes, 1: the best; null: none has this choice. */
  readonly level: number | null;
}

/** Genes that explain most first; those that nothing is known of are left out. */
export function effectRows(
  effects: readonly GeneEffect[],
  genes: readonly GeneView[],
  quality: QualityId,
): readonly EffectRow[] {
  const known = effects.flatMap((effect) => effect.quality.filter((value) => value !== null));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const level = (value: number | null): number | null =>
    value === null ? null : most > least ? (value - least) / (most - least) : 1;
  return effects
    .filter((effect) => effect.quality.filter((value) => value !== null).length > 1)
    .toSorted((a, b) => b.share - a.share)
    .flatMap((effect): readonly EffectRow[] => {
      const gene = genes[effect.gene];
      if (!gene) return [];
      const cells = gene.labels.map((label, choice): EffectCell => {
        const value = effect.quality[choice] ?? null;
        return { label, quality: value, level: level(value) };
      });
      const told = cells.flatMap((cell) =>
        cell.quality === null ? [] : [`${cell.label}: ${qualityText(cell.quality, quality)}`],
      );
      const words = `${gene.name} explains ${formatShare(effect.share)}; ${told.join(', ')}`;
      return [{ id: gene.id, name: gene.name, share: effect.share, cells, words }];
    });
}

/** Steps of the sequential ramp. */
const STEPS = 7;
export const rampOf = (level: number): string => `var(--seq-${Math.min(STEPS, 1 + Math.floor(level * STEPS))})`;
