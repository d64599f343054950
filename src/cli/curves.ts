import { readFileSync } from 'node:fs';
import type { Json } from '../base/json.ts';
import type { GroupSensitivity, Sensitivity, SensitivityPoint } from '../prune/sensitivity.ts';
import type { PrunePlanView } from '../prune/types.ts';
import { UsageError } from './arguments.ts';

type Fields = Readonly<Record<string, Json>>;

/** How channels are ranked now, and the groups that there are. */
interface Wanted {
  readonly importance: string;
  readonly seed: number;
  readonly groups: PrunePlanView['groups'];
}

/**
 * Curves as `whittle sensitivity -o` writes them. Throws `UsageError` where the file holds none, and where they were
 * measured of another model or for another ranking.
 */
export function readCurves(path: string, wanted: Wanted): Sensitivity {
  const found = parse(path);
  const again = 'Measure again with `whittle sensitivity`.';
  if (found.importance !== wanted.importance)
    throw new UsageError(
      `${path} was measured with --importance ${found.importance}, this is --importance ${wanted.importance}. ${again}`,
    );
  if (found.importance === 'random' && found.seed !== wanted.seed)
    throw new UsageError(`${path} was measured with --seed ${found.seed}, this is --seed ${wanted.seed}. ${again}`);
  const measured = new Map(found.groups.map((group) => [group.key, group]));
  for (const { key, channels } of wanted.groups) {
    const group = measured.get(key);
    if (!group) throw new UsageError(`${path} is of another model: it has no curve of ${key}. ${again}`);
    if (group.channels !== channels)
      throw new UsageError(
        `${path} is of another model: ${key} has ${group.channels} channels there, ${channels} here. ${again}`,
      );
    measured.delete(key);
  }
  const [extra] = measured.keys();
  if (extra !== undefined)
    throw new UsageError(`${path} is of another model: there is no group ${extra} here. ${again}`);
  return found;
}

function parse(path: string): Sensitivity {
  let json: Json;
  try {
    json = JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    throw new UsageError(`${path} is not read as JSON: ${(error as Error).message}`);
  }
  const top = fields(path, json, 'the file');
  const { importance, groups } = top;
  if (typeof importance !== 'string') throw refused(path, 'importance', 'a word');
  return {
    importance: importance as Sensitivity['importance'],
    seed: number(path, top['seed'], 'seed'),
    runs: number(path, top['runs'], 'runs'),
    accuracy: optional(path, top['accuracy'], 'accuracy'),
    groups: list(path, groups, 'groups').map((group, i) => groupOf(path, group, `groups[${i}]`)),
  };
}

function groupOf(path: string, json: Json, place: string): GroupSensitivity {
  const { key, name, channels, points } = fields(path, json, place);
  if (typeof key !== 'string') throw refused(path, `${place}.key`, 'a word');
  const all = list(path, points, `${place}.points`).map((point, i) => pointOf(path, point, `${place}.points[${i}]`));
  const rises = all.every((point, i) => point.ratio > (all[i - 1]?.ratio ?? 0) && point.ratio < 1);
  if (all.length === 0 || !rises)
    throw refused(path, `${place}.points`, 'one or more, by rising ratio between 0 and 1');
  return {
    key,
    name: typeof name === 'string' ? name : key,
    channels: number(path, channels, `${place}.channels`),
    points: all,
  };
}

function pointOf(path: string, json: Json, place: string): SensitivityPoint {
  const point = fields(path, json, place);
  const near = fields(path, point['fidelity'] ?? null, `${place}.fidelity`);
  // No number stands as null: outputs that overflow have no distance.
  const measured = (name: string): number => optional(path, near[name], `${place}.fidelity.${name}`) ?? NaN;
  return {
    ratio: number(path, point['ratio'], `${place}.ratio`),
    kept: number(path, point['kept'], `${place}.kept`),
    fidelity: { cosine: measured('cosine'), kl: measured('kl'), agreement: measured('agreement') },
    accuracy: optional(path, point['accuracy'], `${place}.accuracy`),
  };
}

function fields(path: string, json: Json, place: string): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw refused(path, place, 'an object');
  return json as Fields;
}

function list(path: string, json: Json | undefined, place: string): readonly Json[] {
  if (!Array.isArray(json)) throw refused(path, place, 'a list');
  return json;
}

function number(path: string, json: Json | undefined, place: string): number {
  if (typeof json !== 'number') throw refused(path, place, 'a number');
  return json;
}

const optional = (path: string, json: Json | undefined, place: string): number | null =>
  json === null ? null : number(path, json, place);

const refused = (path: string, place: string, wanted: string): UsageError =>
  new UsageError(`${path} holds no curves of \`whittle sensitivity\`: ${place} should be ${wanted}.`);
