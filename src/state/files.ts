import { CodedError } from '../base/error.ts';
import type { JsonObject } from '../base/json.ts';
import { recipeInText } from '../base/recipe-in-text.ts';
import { viewReport, type ReportView } from './link/report-view.ts';

/** What a drop holds: a model with its data, a recipe, or both. */
export interface Dropped {
  readonly model: File | null;
  /** Everything else: external data. */
  readonly data: readonly File[];
  readonly recipe: File | null;
  /** Learnt weights that steps of the recipe name, or weights to look at: safetensors. */
  readonly weights: readonly File[];
  /** Weights that can only be looked at: GGUF. */
  readonly looked: readonly File[];
}

const isRecipe = (file: File): boolean => /\.(json|html?)$/i.test(file.name);
const isLooked = (file: File): boolean => /\.gguf$/i.test(file.name);
const isWeights = (file: File): boolean => /\.safetensors$/i.test(file.name);
const isModel = (file: File): boolean => /\.onnx$/i.test(file.name);

/** Sorts files by their names; `missing` are names of external data that the open model waits for. */
export function sortFiles(files: readonly File[], missing: readonly string[]): Dropped {
  const wanted = new Set(missing.map((path) => path.split('/').at(-1)));
  const recipe = files.find((file) => isRecipe(file) && !wanted.has(file.name)) ?? null;
  const weights = files.filter((file) => isWeights(file) && !wanted.has(file.name));
  const looked = files.filter((file) => isLooked(file) && !wanted.has(file.name));
  const rest = files.filter((file) => file !== recipe && !weights.includes(file) && !looked.includes(file));
  const models = rest.filter(isModel);
  if (models.length > 1) {
    const names = models.map((file) => file.name).join(', ');
    throw new CodedError('bad-request', `${models.length} models were given at once: ${names}. Open one at a time.`);
  }
  // A file that is not called .onnx may still be a model: alone it is tried, and the reader says what it is not.
  const waitedFor = rest.length > 0 && rest.every((file) => wanted.has(file.name));
  const model = models[0] ?? (waitedFor ? null : (rest[0] ?? null));
  return { model, data: rest.filter((file) => file !== model), recipe, weights, looked };
}

/** A recipe as it was found, of whatever version: whoever reads it migrates or refuses it. */
export interface FoundRecipe {
  readonly value: JsonObject;
  /** The report that carries it; null: it came by itself. */
  readonly report: ReportView | null;
}

/** The recipe in a recipe file, in a report's JSON, or in a report's page; of a report, also what it says. */
export function readRecipe(name: string, text: string): FoundRecipe {
  const found = recipeInText(text);
  if (found) return { value: found.value, report: found.report && viewReport(found.report) };
  throw new CodedError(
    'bad-request',
    `${name} holds no recipe. A recipe is JSON with "whittle": 1 and "steps"; a report of this studio carries one too.`,
    { file: name },
  );
}
