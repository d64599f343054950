import type { JsonObject } from './json.ts';

/** A recipe as it stands in a text, of whatever version: whoever reads it migrates or refuses it. */
export interface RecipeInText {
  readonly value: JsonObject;
  /** The report that carries it, as JSON; null: it came by itself. */
  readonly report: JsonObject | null;
}

/** Data blocks of a page: `<script type="application/json">…</script>`. */
const DATA_BLOCK = /<script[^>]*type="application\/json"[^>]*>([\s\S]*?)<\/script>/gi;

/** The recipe in a recipe file, in a report's JSON or in a report's page, with the report where there is one; null: none. */
export function recipeInText(text: string): RecipeInText | null {
  const blocks = /^\s*</.test(text) ? Array.from(text.matchAll(DATA_BLOCK), ([, block]) => block ?? '') : [text];
  const found = blocks.flatMap((block) => recipeIn(parsed(block)) ?? []);
  return found.find(({ report }) => report !== null) ?? found[0] ?? null;
}

function recipeIn(value: unknown): RecipeInText | null {
  if (!isObject(value)) return null;
  if (value['whittle'] !== undefined) return { value, report: null };
  // A report carries the recipe that made it.
  const found = recipeIn(value['recipe']);
  return found && { ...found, report: value };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
