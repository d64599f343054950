import { CodedError } from '../base/error.ts';
import type { Json, JsonObject } from '../base/json.ts';

/** The version of the format that this build reads and writes. */
export const RECIPE_VERSION = 1;

/** By version: what a recipe of it is in the next one. */
export type Migrations = Readonly<Record<number, (recipe: JsonObject) => JsonObject>>;

/** None: the first version is the one that is written. */
const MIGRATIONS: Migrations = {};

/**
 * A recipe of an earlier version in the form of `to`, one version after the other. Throws `bad-request` for a version that is
 * missing, of a later build, or that nothing leads on from.
 */
export function migrate(recipe: JsonObject, to = RECIPE_VERSION, migrations = MIGRATIONS): JsonObject {
  const given = recipe['whittle'];
  if (given === undefined) throw bad('This is no recipe: the field "whittle" with the version is missing.');
  let migrated = recipe;
  for (let version = given; version !== to; version = migrated['whittle']!) {
    const next = typeof version === 'number' && version < to ? migrations[version] : undefined;
    if (!next) throw refused(given, to);
    migrated = { ...next(migrated), whittle: (version as number) + 1 };
  }
  return migrated;
}

function refused(version: Json, to: number): CodedError {
  const cure = typeof version === 'number' && version > to ? ' It was written by a later one.' : '';
  return bad(`The recipe is of version ${JSON.stringify(version)}; this Whittle reads version ${to}.${cure}`, {
    version,
  });
}

const bad = (message: string, data: JsonObject = {}): CodedError => new CodedError('bad-request', message, data);
