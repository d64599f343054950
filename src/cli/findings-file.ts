import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CodedError } from '../base/error.ts';
import { formatBytes, formatMs, formatShare, formatValue } from '../base/format.ts';
import { policyTitle } from '../kv/policy-title.ts';
import { frontFinding } from '../report/measured/front.ts';
import { perplexityFinding, type KeptText } from '../report/measured/perplexity.ts';
import { trainingFinding, type Look } from '../report/measured/training.ts';
import type { ReportFinding } from '../report/types.ts';
import { figuresOf, OBJECTIVES, QUALITY_WORDS } from '../search/figures.ts';
import type { ObjectiveId, QualityId } from '../search/types.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const fieldsIn = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const numberIn = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
const keyOf = (genome: unknown): string => JSON.stringify(genome ?? null);

/**
 * What another command printed with `--json`, as a report tells it. Throws `bad-file` for what is none of those that it
 * can tell: trainings, searches, perplexities.
 */
export function findingFrom(path: string): ReportFinding {
  const found = tellingOf(parsed(path), path);
  if (found) return found;
  const cure = 'Give what whittle train, distill, recover, supernet, search or kv perplexity printed with --json.';
  throw new CodedError('bad-file', `${path} holds nothing that a report tells. ${cure}`);
}

function parsed(path: string): Fields {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isFields(value) ? value : {};
  } catch (error) {
    throw new CodedError('bad-file', `${path} cannot be read as JSON: ${(error as Error).message}`);
  }
}

function tellingOf(json: Fields, path: string): ReportFinding | null {
  if (Array.isArray(json['loss'])) return training(json, path);
  if (Array.isArray(json['front']) && Array.isArray(json['points'])) return search(json);
  return fieldsIn(json['policies']).some(({ buckets }) => Array.isArray(buckets)) ? perplexity(json) : null;
}

const MEASURES = ['top1', 'agreement', 'crossEntropy', 'divergence', 'perplexity', 'error'] as const;

/** As `whittle supernet` calls the networks that it looks at. */
const NETWORKS = { full: 'the largest', middle: 'a middle one', smallest: 'the smallest' };

const lookIn = (look: Fields): Look =>
  ({
    ...Object.fromEntries(MEASURES.map((name) => [name, numberIn(look[name])])),
    step: numberIn(look['step']) ?? 0,
  }) as unknown as Look;

/** A supernet is looked at in several sizes. */
const looksIn = (json: Fields): readonly Look[] => [
  ...fieldsIn(json['evaluations']).map(lookIn),
  ...fieldsIn(json['looks']).flatMap((look) =>
    Object.entries(NETWORKS).flatMap(([size, name]): Look[] =>
      isFields(look[size]) ? [{ ...lookIn(look[size]), name }] : [],
    ),
  ),
];

function training(json: Fields, path: string): ReportFinding | null {
  const loss = Array.isArray(json['loss']) ? json['loss'] : [];
  return trainingFinding({
    student: basename(typeof json['output'] === 'string' ? json['output'] : path),
    teacher: null,
    steps: numberIn(json['steps']) ?? loss.length,
    curve: loss.flatMap((each: unknown, at): [number, number][] => {
      const value = numberIn(each);
      return value === null ? [] : [[at + 1, value]];
    }),
    looks: looksIn(json),
    notes: textsIn(json['notes']),
  });
}

/** The value of a network that was judged, by its own fields. */
function valueIn(point: Fields, objective: ObjectiveId, quality: QualityId): number | null {
  switch (objective) {
    case 'latency':
      return numberIn(point['measured']) ?? numberIn(point['predicted']);
    case 'quality':
      return isFields(point['quality']) ? numberIn(point['quality'][quality]) : null;
    case 'peak':
      return numberIn(point['peakBytes']);
    case 'bytes':
    case 'macs':
      return numberIn(point[objective]);
  }
  return objective satisfies never;
}

function search(json: Fields): ReportFinding | null {
  const quality = (Object.keys(QUALITY_WORDS) as QualityId[]).find((each) => each === json['quality']) ?? 'agreement';
  const asked = textsIn(json['objectives']).flatMap((name) => OBJECTIVES.filter((each) => each === name));
  const points = fieldsIn(json['points']);
  const recipes = new Map(
    fieldsIn(json['front']).map(({ genome, recipe }) => [keyOf(genome), basename(String(recipe), '.json')]),
  );
  const values = points.map((point) => asked.map((objective) => valueIn(point, objective, quality)));
  return frontFinding({
    name: 'the model',
    evaluations: numberIn(json['evaluations']) ?? points.length,
    hypervolume: numberIn(json['hypervolume']),
    objectives: figuresOf(asked, quality, values),
    points: points.map(({ genome }, at) => ({
      name: recipes.get(keyOf(genome)) ?? String(at),
      values: values[at] ?? [],
      isFront: recipes.has(keyOf(genome)),
      isWhole: at === 0,
    })),
  });
}

function perplexity(json: Fields): ReportFinding {
  const all = fieldsIn(json['policies']).filter(({ buckets }) => Array.isArray(buckets));
  const titleOfPolicy = ({ policy, options }: Fields): string => {
    const sizes = Object.entries(isFields(options) ? options : {}).map(([name, size]) => `${name} ${String(size)}`);
    return [policyTitle(String(policy)), ...sizes].join(', ');
  };
  const texts = all.map((each): KeptText => ({
    title: titleOfPolicy(each),
    policy: String(each['policy']),
    buckets: fieldsIn(each['buckets']).flatMap(({ from, tokens, perplexity: value }) => {
      const [begin, count, found] = [numberIn(from), numberIn(tokens), numberIn(value)];
      return begin === null || count === null || found === null
        ? []
        : [{ from: begin, tokens: count, perplexity: found }];
    }),
  }));
  const dense = numberIn(all.find(({ policy }) => policy === 'dense')?.['perplexity']);
  const rows = all.map((each) => {
    const value = numberIn(each['perplexity']);
    const apart = dense === null || value === null || each['policy'] === 'dense' ? null : value / dense - 1;
    return [
      titleOfPolicy(each),
      formatBytes(numberIn(each['cacheBytes'])),
      formatValue(value),
      formatShare(apart),
      formatMs(numberIn(each['msPerToken'])),
    ];
  });
  const heads = ['Policy', 'Kept', 'Perplexity', 'Against all', 'Per token'];
  return perplexityFinding(numberIn(json['tokens']) ?? 0, 'a text', texts, { heads, rows });
}
