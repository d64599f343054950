import { CodedError } from '../base/error.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { hasPass, passById } from '../passes/index.ts';
import { resolveOptions } from '../rewrite/options.ts';
import type { Backend } from '../rewrite/pass.ts';
import { migrate, RECIPE_VERSION } from './migrate.ts';
import type { MeasuredGroup, Recipe, RecipeStep, SessionOptions, SiteChoice } from './types.ts';

/**
 * Reads a recipe from its JSON text or value; one of an earlier version is migrated. Throws `bad-request` that names the
 * place. A step whose pass this build does not have is kept with all of its fields (`unknownPasses` names it).
 */
export function parseRecipe(source: string | Json): Recipe {
  const value = typeof source === 'string' ? parseJson(source) : source;
  const fields = migrate(asObject(value, 'A recipe'));
  const rows = fields['steps'];
  if (!Array.isArray(rows)) throw bad('A recipe needs "steps", a list.');
  return { whittle: RECIPE_VERSION, ...header(fields), steps: rows.map(parseStep) };
}

/** What a person should know of a recipe: one sentence for each step whose pass this build does not have. */
export function unknownPasses(recipe: Recipe): readonly string[] {
  return recipe.steps.flatMap(({ pass }, index) =>
    hasPass(pass)
      ? []
      : [`Step ${index + 1} of the recipe names the pass "${pass}", which this Whittle does not have.`],
  );
}

/** Pretty JSON text, keys in the order of the format. */
export function serializeRecipe(recipe: Recipe): string {
  const { whittle, name, backend, model, untilStable, steps } = recipe;
  return `${JSON.stringify({ whittle, name, backend, model, untilStable, steps }, null, 2)}\n`;
}

const bad = (message: string, data: JsonObject = {}): CodedError => new CodedError('bad-request', message, data);

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError('bad-request', `The recipe is not JSON: ${reason}`, {}, { cause: error });
  }
}

function asObject(value: Json | undefined, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw bad(`${what} must be a JSON object.`);
}

const BACKENDS: readonly Backend[] = ['wasm', 'webgpu', 'portable'];

function header(fields: JsonObject): Pick<Recipe, 'name' | 'backend' | 'model' | 'untilStable'> {
  const { name, backend, model } = fields;
  if (name !== undefined && typeof name !== 'string') throw bad('The "name" of a recipe must be text.');
  const known = BACKENDS.find((each) => each === backend);
  if (backend !== undefined && !known) {
    throw bad(`The "backend" of a recipe must be one of ${BACKENDS.join(', ')}, not ${JSON.stringify(backend)}.`);
  }
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(known ? { backend: known } : {}),
    ...(fields['untilStable'] === true ? { untilStable: true } : {}),
    ...(model === undefined || model === null ? {} : { model: parseModel(model) }),
  };
}

function parseModel(value: Json): NonNullable<Recipe['model']> {
  const { sha256, name } = asObject(value, 'The "model" of a recipe');
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw bad('The "model" of a recipe needs "sha256", 64 hexadecimal digits.');
  }
  return { sha256: sha256.toLowerCase(), ...(typeof name === 'string' ? { name } : {}) };
}

function parseStep(row: Json, index: number): RecipeStep {
  const place = `Step ${index + 1} of the recipe`;
  const fields = asObject(row, place);
  const { pass } = fields;
  if (typeof pass !== 'string') throw bad(`${place} needs "pass", the id of a pass.`);
  const options =
    fields['options'] === undefined ? {} : asObject(fields['options'], `The options of step ${index + 1}`);
  // What a later build means by its fields is not known here: they stay as they are, and are written back so.
  if (!hasPass(pass)) return { ...fields, pass, options, sites: (fields['sites'] ?? 'all') as SiteChoice };
  resolveOptions(passById(pass), options);
  const sites = parseSites(fields['sites'], place);
  const { decisions, session, measured } = fields;
  return {
    pass,
    options,
    sites,
    ...(decisions === undefined ? {} : { decisions: asObject(decisions, `The decisions of step ${index + 1}`) }),
    ...(measured === undefined ? {} : { measured: parseMeasured(measured, index) }),
    ...(session === undefined ? {} : { session: parseSession(session, index) }),
  };
}

function parseMeasured(value: Json, index: number): readonly MeasuredGroup[] {
  if (!Array.isArray(value)) throw bad(`The "measured" of step ${index + 1} must be a list.`);
  return value.map((row) => {
    const { rule, sites, ratio, interval, verdict, kept, device } = asObject(row, `A measurement of step ${index + 1}`);
    const [low, high] = Array.isArray(interval) ? interval : [];
    const isRow =
      [sites, ratio, low, high].every((each) => typeof each === 'number') &&
      [rule, verdict, device].every((each) => typeof each === 'string') &&
      typeof kept === 'boolean';
    if (!isRow) {
      throw bad(`A measurement of step ${index + 1} needs rule, sites, ratio, interval, verdict, kept and device.`);
    }
    return { rule, sites, ratio, interval: [low, high], verdict, kept, device } as MeasuredGroup;
  });
}

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;

function parseSession(value: Json, index: number): SessionOptions {
  const place = `The session options of step ${index + 1}`;
  const { graphOptimizationLevel: level, config } = asObject(value, place);
  const known = LEVELS.find((each) => each === level);
  if (level !== undefined && !known) throw bad(`${place} know no level ${JSON.stringify(level)}.`);
  const entries = config === undefined ? {} : asObject(config, `${place}: "config"`);
  if (!Object.values(entries).every((each) => typeof each === 'string')) throw bad(`${place}: "config" holds texts.`);
  return {
    ...(known ? { graphOptimizationLevel: known } : {}),
    ...(config === undefined ? {} : { config: entries as Record<string, string> }),
  };
}

function parseSites(value: Json | undefined, place: string): SiteChoice {
  if (value === undefined || value === 'all') return 'all';
  if (isKeys(value)) return value;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { except } = value as JsonObject;
    if (isKeys(except)) return { except };
  }
  throw bad(`The "sites" of ${place.toLowerCase()} must be "all", a list of keys, or { "except": a list of keys }.`);
}

const isKeys = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
