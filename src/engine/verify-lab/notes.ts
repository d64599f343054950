import { formatError, plural } from '../../base/format.ts';
import type { ExpectedRun, VerifyResult, VerifyRun } from '../../verify/types.ts';
import type { FirstNonFinite, Intermediates, Part } from './types.ts';

const backendName = (backend: string): string => (backend === 'webgpu' ? 'WebGPU' : 'WASM');
const where = ({ level, backend }: Pick<VerifyRun, 'level' | 'backend'>): string =>
  `at ${level} on ${backendName(backend)}`;

/** What the values inside say of where the two part. */
export function insideNotes(
  verify: VerifyResult,
  inside: Intermediates,
  parts: readonly Part[],
  itself: boolean,
): string[] {
  const { at, values, untried } = inside;
  const isGround = at.level === 'disabled' && at.backend === 'wasm';
  const notes: string[] = [];
  if (values.length === 0) return ['No value inside answers to one of the other model.'];
  const sensitive = values.filter((value) => value.tooSensitive).length;
  const told = values.length - sensitive;
  const [first] = parts;
  if (first) notes.push(partNote(first, parts.length, inside, verify.class === 'approximation'));
  else if (verify.verdict === 'differs') notes.push(agreeInside(verify, inside, told, itself));
  else
    notes.push(
      `${plural(told, 'value')} inside ${told === 1 ? 'agrees' : 'agree'}${verify.ok ? ' too' : ''}, ${where(at)}.`,
    );
  if (sensitive > 0) {
    notes.push(`Too sensitive to compare inside: ${plural(sensitive, 'value')}, by the last bit of the input.`);
  }
  if (isGround) {
    notes.push(
      'Values inside were compared at disabled on WASM: shown as outputs, they keep the runtime from fusing nodes.',
    );
  } else {
    notes.push(
      `Values inside of B were taken ${where(at)}: shown as outputs, they keep the runtime from fusing some nodes.`,
    );
  }
  if (untried > 0) notes.push(`Time was up for ${plural(untried, 'input')} more.`);
  return notes;
}

function partNote(
  { name, producer, maxRel, allowed, before, why, between }: Part,
  count: number,
  { values }: Intermediates,
  loose: boolean,
): string {
  const verb = loose ? 'Values begin to change' : 'They part';
  const sentences = [
    `${verb} at ${producer} ("${name}"): ${formatError(maxRel)} relative, ${formatError(allowed)} allowed, ${formatError(before)} before it.`,
  ];
  if (why !== null) sentences.push(`${why[0]?.toUpperCase()}${why.slice(1)}.`);
  else if (between.length > 0) sentences.push(`Not compared between: ${between.join(', ')}.`);
  if (count === 2) sentences.push('One other place parts by itself.');
  if (count > 2) sentences.push(`${count - 1} other places part by themselves.`);
  const behind = values.filter(({ ok, tooSensitive }) => !ok && !tooSensitive).length;
  sentences.push(`${behind} of ${plural(values.length, 'value')} ${loose ? 'change' : 'are off'}.`);
  if (loose) sentences.push('They are held to order here, to show where it begins.');
  return sentences.join(' ');
}

function agreeInside({ runs }: VerifyResult, { at }: Intermediates, told: number, itself: boolean): string {
  const agree = `All ${plural(told, 'value')} inside agree ${where(at)}`;
  const broken = runs.find(({ ok }) => !ok);
  const isElsewhere = broken && (broken.level !== at.level || broken.backend !== at.backend);
  if (isElsewhere) return `${agree}; the outputs part ${where(broken)}, by what the runtime does there.`;
  return itself ? `${agree}.` : `${agree}: they part in what was not compared.`;
}

/** A NaN is told; an infinity may be meant. */
export function nonFiniteNotes(found: readonly FirstNonFinite[]): string[] {
  return found
    .filter(({ kind }) => kind === 'NaN')
    .map(({ of, value, producer, input, constant }) => {
      const cause = constant === null ? '' : ` Its constant "${constant}" is not finite: give the model sound weights.`;
      return `${of.toUpperCase()} has its first NaN at ${producer} ("${value}"), on the input "${input}".${cause}`;
    });
}

/** How the models stand to what was recorded. */
export function expectedNotes(runs: readonly ExpectedRun[]): string[] {
  return runs.flatMap((run) => {
    const model = run.of === 'original' ? 'A' : 'B';
    const missed = run.outputs.filter(({ ok }) => !ok);
    if (missed.length === 0) return [`${model} gives the recorded outputs ${where(run)}.`];
    const told = missed.map(
      ({ name, mismatch, maxAbs }) => `"${name}" ${mismatch ?? `is off by ${formatError(maxAbs)}`}`,
    );
    return [`${model} does not give the recorded outputs ${where(run)}: ${told.join('; ')}.`];
  });
}
