import { csvText } from '../../../base/csv-text.ts';
import type { LabResult } from '../../../engine/verify-lab/types.ts';
import type { Verified } from '../../../state/verify-lab-store.ts';

/** JSON has no infinity and no NaN; both stand as text, so that nothing is lost. */
const written = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Everything that was found, but for the input on which outputs differ: that one is saved by itself. */
export function resultJson({ request, result }: Verified): string {
  const { failing, ...verify } = result.verify;
  return JSON.stringify({ request, ...result, verify, failingInput: failing?.name ?? null }, written, 2);
}

const COLUMNS = ['kind', 'name', 'producer', 'backend', 'level', 'maxAbs', 'maxRel', 'cosine', 'sqnr', 'allowed', 'ok'];

/** A row for every output at every setting, then one for every value inside. */
export function resultCsv({ verify, intermediates }: LabResult): string {
  const outputs = verify.runs.flatMap(({ backend, level, outputs: all }) =>
    all.map((each) => ['output', each.name, '', backend, level, ...errors(each)]),
  );
  const inside = (intermediates?.values ?? []).map((each) => [
    'value',
    each.name,
    each.producer,
    intermediates?.at.backend ?? '',
    intermediates?.at.level ?? '',
    ...errors(each),
  ]);
  return csvText([COLUMNS, ...outputs, ...inside]);
}

type Errors = Pick<LabResult['verify']['outputs'][number], 'maxAbs' | 'maxRel' | 'cosine' | 'sqnr' | 'allowed' | 'ok'>;
const errors = ({ maxAbs, maxRel, cosine, sqnr, allowed, ok }: Errors): (number | boolean)[] => [
  maxAbs,
  maxRel,
  cosine,
  sqnr,
  allowed,
  ok,
];
