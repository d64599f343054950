import { CodedError } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { NamedFeeds } from '../../verify/cases.ts';
import type { VerifyResult } from '../../verify/types.ts';
import type { RuntimePort } from '../ports.ts';
import {
  boutOf,
  interfaceAt,
  interfaceOf,
  isFile,
  isItself,
  originalOf,
  sideOf,
  type Bout,
  type LabPlace,
} from './bout.ts';
import { readInputs } from './inputs.ts';
import { Inside } from './inside.ts';
import { expectedNotes } from './notes.ts';
import type { LabFiles, LabInputs, LabRequest, LabResult, Matched } from './types.ts';
import type { Pairing } from './values.ts';

/**
 * Compares any two models on inputs that are made or given: their outputs at every level and backend that is asked for,
 * the values inside that both compute, and where these part first. Throws `bad-request` where the two cannot be held
 * against each other or the inputs do not fit, `unsupported`, `runtime` where A cannot be run, `cancelled`,
 * `out-of-memory`.
 */
export async function verifyLab(
  sides: readonly [LabPlace, LabPlace],
  request: LabRequest,
  files: LabFiles | null,
  port: RuntimePort,
  job: Job,
): Promise<LabResult> {
  const started = performance.now();
  const bout = boutOf(sides[0], sides[1], request.class);
  const read = files ? await readInputs(files, interfaceOf(bout), job) : null;
  const given = read?.cases ?? [];
  if (request.seeds === 0 && given.length === 0) {
    throw new CodedError('bad-request', 'There is no input to run on. Give files, or one seed or more.');
  }
  const itself = isItself(bout);
  const verify = await compareOutputs(bout, request, given, itself, port, job);
  const inside =
    request.intermediates && bout.ports?.outputs.length !== 0 ? new Inside(bout, request, given, port, job) : null;
  const found = await inside?.compare(verify, itself);
  const recorded = verify.expected ?? [];
  const missed = verify.class !== 'approximation' && recorded.some(({ of, ok }) => of === 'result' && !ok);
  return {
    ok: verify.ok && !missed,
    a: sideOf(bout.a),
    b: sideOf(bout.b),
    swapped: bout.swapped,
    verify,
    matched: { ...bout.links, ...counts(found?.pairing ?? null, bout), notes: bout.notes },
    intermediates: found?.intermediates ?? null,
    parts: found?.parts ?? [],
    nonFinite: found?.nonFinite ?? [],
    notes: [...classNotes(bout, request), ...expectedNotes(recorded), ...(found?.notes ?? [])],
    given: read?.view ?? null,
    ms: performance.now() - started,
  };
}

/** What a person's files hold for model A of a comparison. Throws as `verifyLab` does. */
export async function describeInputs(place: LabPlace, files: LabFiles, job: Job): Promise<LabInputs> {
  return (await readInputs(files, interfaceAt(place), job)).view;
}

function counts(pairing: Pairing | null, bout: Bout): Pick<Matched, 'values' | 'of' | 'by'> {
  const by = isFile(bout) ? 'structure' : 'steps';
  return { values: pairing?.pairs.length ?? 0, of: pairing?.of ?? 0, by };
}

function classNotes(bout: Bout, { class: chosen }: LabRequest): string[] {
  if (isFile(bout)) return chosen === null ? ['No class was given: judged at order.'] : [];
  return isItself(bout) ? ['A and B are the same model: what differs is the runtime’s own.'] : [];
}

async function compareOutputs(
  bout: Bout,
  { seeds, backends, levels, threads }: LabRequest,
  given: readonly NamedFeeds[],
  strict: boolean,
  port: RuntimePort,
  job: Job,
): Promise<VerifyResult> {
  const { b, ports } = bout;
  const request = { class: bout.class, seeds, backends, levels, threads, given, strict, ...(ports ? { ports } : {}) };
  try {
    return await port.verify(originalOf(bout), b.document.parcel(b.index), request, job);
  } catch (error) {
    // A result that does not run is a verdict; this is of the other one.
    if (!(error instanceof CodedError) || error.code !== 'runtime') throw error;
    const said = `A (${sideText(bout.a)}) does not run, so there is nothing to compare with: ${error.message}`;
    throw new CodedError('runtime', said, error.data);
  }
}

const sideText = (place: LabPlace): string => {
  const { name, title } = sideOf(place);
  return title === '' ? name : `${name}, ${title}`;
};
