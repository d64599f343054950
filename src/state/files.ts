import { CodedError } from '../base/error.ts';
import type { Recipe } from '../recipe/types.ts';

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

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function asRecipe(value: unknown): Recipe | null {
  if (!isObject(value)) return null;
  if (value['whittle'] === 1 && Array.isArray(value['steps'])) return value as unknown as Recipe;
  // A report carries the recipe that made it.
  return asRecipe(value['recipe']);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Data blocks of a page: `<script type="application/json">…</script>`. */
const DATA_BLOCK = /<script[^>]*type="application\/json"[^>]*>([\s\S]*?)<\/script>/gi;

/** The recipe in a recipe file, in a report's JSON, or in a report's page. */
export function readRecipe(name: string, text: string): Recipe {
  const blocks = /\.html?$/i.test(name) ? [...text.matchAll(DATA_BLOCK)].map((match) => match[1] ?? '') : [text];
  for (const block of blocks) {
    const recipe = asRecipe(parse(block));
    if (recipe) return recipe;
  }
  throw new CodedError(
    'bad-request',
    `${name} holds no recipe. A recipe is JSON with "whittle": 1 and "steps"; a report of this studio carries one too.`,
    { file: name },
  );
}
