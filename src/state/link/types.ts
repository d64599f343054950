import type { Recipe } from '../../recipe/types.ts';
import type { ReportView } from './report-view.ts';
import type { Overlay, Workspace } from '../view.ts';

/** The model that a link is of: a bundled sample, or a file by its name, and by its hash where that is known. */
export type LinkModel = { readonly sample: string } | { readonly file: string; readonly sha256?: string };

/** What is looked at, as an address carries it. Weights are never in it. */
export interface Link {
  readonly model: LinkModel;
  /** Steps of the recipe, the undone ones included; null: none, or left out. */
  readonly recipe: Recipe | null;
  /** Index of the stop that is shown. */
  readonly stop: number;
  /** Name of the selected node, or `#` and its id where the name tells nothing. */
  readonly node: string | null;
  readonly workspace: Workspace;
  readonly overlay: Overlay;
  readonly query: string;
  /** Keys of the groups that are folded or unfolded otherwise than at first. */
  readonly toggled: readonly string[];
  /** What a report says, for whoever does not have the model; absent: none. */
  readonly report?: ReportView;
}

export const modelName = ({ model }: Link): string => ('file' in model ? model.file : `${model.sample}.onnx`);
