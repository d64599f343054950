import { CodedError } from '../../base/error.ts';
import { loosest, type Exactness } from '../../base/exactness.ts';
import type { Job } from '../../base/job.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { label } from '../../rewrite/graphs.ts';
import type { NamedFeeds } from '../../verify/cases.ts';
import type { PortMap } from '../../verify/ports.ts';
import type { VerifyResult } from '../../verify/types.ts';
import type { Stop } from '../document.ts';
import { correspondence, withOutputs } from '../interface.ts';
import type { OpenDocument } from '../opened.ts';
import type { Parcel, RuntimePort } from '../ports.ts';
import type { CompareSide } from '../compare-types.ts';
import { readInputs } from './inputs.ts';
import { compareInside, type Compared } from './intermediates.ts';
import { expectedNotes, insideNotes, nonFiniteNotes } from './notes.ts';
import { frontiers } from './parts.ts';
import { matchPorts } from './ports.ts';
import type { Interface } from './recorded.ts';
import type {
  FirstNonFinite,
  Intermediates,
  LabFiles,
  LabInputs,
  LabRequest,
  LabResult,
  LabSide,
  Matched,
  Part,
  PortLink,
} from './types.ts';
import { pairBySteps, pairFiles, type End, type Pairing } from './values.ts';
import { nonFiniteConstant, whatDiffers } from './why.ts';

/** A stop of the recipe, or the second file as the only stop of its own. */
export interface LabPlace {
  readonly side: CompareSide;
  readonly document: OpenDocument;
  readonly index: number;
}

const stopAt = ({ document, index }: LabPlace): Stop => document.stop(index);

/** The two models as they are run against each other. */
interface Bout {
  readonly a: LabPlace;
  readonly b: LabPlace;
  readonly swapped: boolean;
  readonly class: Exactness;
  readonly ports: PortMap | null;
  readonly reveal: readonly ValueId[];
  readonly links: Pick<Matched, 'inputs' | 'outputs'>;
  /** Outputs that answer to each other. */
  readonly pairs: readonly (readonly [ValueId, ValueId])[];
  readonly notes: readonly string[];
}

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
  const { inputs, outputs } = stopAt(place).summary;
  return (await readInputs(files, { inputs, outputs: outputs.map(({ name }) => name) }, job)).view;
}

const isItself = ({ a, b }: Bout): boolean => stopAt(a).model === stopAt(b).model;

const isFile = ({ a, b }: Pick<Bout, 'a' | 'b'>): boolean => a.document !== b.document;

function boutOf(a: LabPlace, b: LabPlace, chosen: Exactness | null): Bout {
  return a.document === b.document ? boutOfStops(a, b) : boutOfFiles(a, b, chosen ?? 'order');
}

function boutOfFiles(a: LabPlace, b: LabPlace, exactness: Exactness): Bout {
  const { ports, inputs, outputs, pairs, notes } = matchPorts(stopAt(a), stopAt(b));
  return { a, b, swapped: false, class: exactness, ports, reveal: [], links: { inputs, outputs }, pairs, notes };
}

/** Where steps changed inputs or outputs, values are followed forwards: the earlier stop is then A. */
function boutOfStops(a: LabPlace, b: LabPlace): Bout {
  const { document } = a;
  const forward = a.index <= b.index;
  const [first, last] = forward ? [a, b] : [b, a];
  const between = document.stops.slice(first.index + 1, last.index + 1).map((stop) => stop.model);
  const found = correspondence(stopAt(first), stopAt(last), between);
  const exactness = document.exactness(a.index, b.index);
  const swapped = found !== null && !forward;
  const [from, to] = swapped ? [first, last] : [a, b];
  const said = swapped ? ['A and B changed places, for steps between them change inputs or outputs.'] : [];
  return {
    a: from,
    b: to,
    swapped,
    // Other sizes take other kernels, which sum in another order.
    class: found && found.ports.parts > 1 ? loosest([exactness, 'order']) : exactness,
    ports: found?.ports ?? null,
    reveal: found?.reveal ?? [],
    links: stepLinks(to, found?.ports ?? null),
    pairs: [],
    notes: [...said, ...(found?.ports.notes ?? [])],
  };
}

function stepLinks(b: LabPlace, ports: PortMap | null): Bout['links'] {
  const link = (from: string, to: string): PortLink => ({ a: from, b: to, by: 'steps' });
  if (ports) {
    return {
      inputs: ports.inputs.map(({ source, name }) => link(source, name)),
      outputs: ports.outputs.map(({ source, name }) => link(source, name)),
    };
  }
  const { inputs, outputs } = stopAt(b).summary;
  return { inputs: inputs.map(({ name }) => link(name, name)), outputs: outputs.map(({ name }) => link(name, name)) };
}

/** What files have to hold: A's inputs, in the sizes that both take, but for those that B holds as constants. */
function interfaceOf({ a, ports }: Bout): Interface {
  const { inputs, outputs } = stopAt(a).summary;
  return {
    inputs: inputs
      .filter(({ name }) => !ports?.fixed[name])
      .map((input) => ({ ...input, shape: ports?.shapes[input.name] ?? input.shape })),
    outputs: outputs.map(({ name }) => name),
  };
}

function sideOf({ side, document, index }: LabPlace): LabSide {
  const title = side === 'second' ? '' : (document.stop(index).outcome?.title ?? 'Original');
  return { side, name: document.file.name, title };
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

/** A, with the values that B shows as outputs. */
function originalOf({ a, reveal }: Bout): Parcel {
  if (reveal.length === 0) return a.document.parcel(a.index);
  return { name: a.document.file.name, bytes: writeModel(withOutputs(stopAt(a), reveal)) };
}

interface Found {
  readonly pairing: Pairing;
  readonly intermediates: Intermediates | null;
  readonly parts: readonly Part[];
  readonly nonFinite: readonly FirstNonFinite[];
  readonly notes: readonly string[];
}

/** The values inside, and where they part. */
class Inside {
  private readonly bout: Bout;
  private readonly request: LabRequest;
  private readonly given: readonly NamedFeeds[];
  private readonly port: RuntimePort;
  private readonly job: Job;
  private readonly a: End;
  private readonly b: End;

  constructor(bout: Bout, request: LabRequest, given: readonly NamedFeeds[], port: RuntimePort, job: Job) {
    this.bout = bout;
    this.request = request;
    this.given = given;
    this.port = port;
    this.job = job;
    [this.a, this.b] = [stopAt(bout.a), stopAt(bout.b)];
  }

  async compare(verify: VerifyResult, itself: boolean): Promise<Found> {
    const { a, b, bout, request, given, job } = this;
    job.progress({ stage: 'Matching values inside' });
    await job.checkpoint();
    const pairing = await this.pair();
    const at = request.intermediates ?? { level: 'disabled', backend: 'wasm' };
    const { seeds, threads } = request;
    const { ports, reveal } = bout;
    const inside = { a, b, pairing, class: bout.class, seeds, threads, given, ports, reveal, at };
    try {
      const { errors, ...intermediates } = await compareInside(inside, this.port, job);
      const parts = this.parts(pairing, intermediates);
      const nonFinite = this.nonFinite(intermediates, errors);
      const notes = [...nonFiniteNotes(nonFinite), ...insideNotes(verify, intermediates, parts, itself)];
      return { pairing, intermediates, parts, nonFinite, notes };
    } catch (error) {
      // A model that does not run with its values shown says nothing against the outputs that were compared.
      if (!(error instanceof CodedError) || (error.code !== 'runtime' && error.code !== 'unsupported')) throw error;
      const notes = [`Values inside were not compared: ${error.message}`];
      return { pairing, intermediates: null, parts: [], nonFinite: [], notes };
    }
  }

  private pair(): Promise<Pairing> | Pairing {
    const { a, b, bout, job } = this;
    if (isFile(bout)) return pairFiles(a, b, bout.pairs, job);
    return pairBySteps(a, b, bout.a.index > bout.b.index, bout.ports?.parts ?? 1);
  }

  private parts({ pairs }: Pairing, { values }: Intermediates): Part[] {
    const places = new Map(pairs.map(({ b }, index) => [b, index]));
    const findings = values.flatMap(({ tooSensitive, maxRel, ok }, index) => {
      const pair = pairs[index];
      return tooSensitive || !pair ? [] : [{ value: pair.b, error: maxRel, parts: !ok }];
    });
    return frontiers(this.b.analysis, findings).flatMap(({ value, before, between }) => {
      const index = places.get(value);
      const told = index === undefined ? undefined : values[index];
      if (index === undefined || !told) return [];
      const { name, producer, nodeA, nodeB, maxRel, allowed } = told;
      const why = isItself(this.bout) ? null : whatDiffers(this.a, nodeA as NodeId, this.b, nodeB as NodeId);
      return [{ value: index, name, producer, nodeA, nodeB, maxRel, allowed, before, why, between }];
    });
  }

  private nonFinite({ values }: Intermediates, errors: Compared['errors']): FirstNonFinite[] {
    return (['a', 'b'] as const).flatMap((of) =>
      (['NaN', 'Inf'] as const).flatMap((kind) => {
        const side = of === 'a' ? 'original' : 'result';
        const index = errors.findIndex((error) => error[side]?.kind === kind);
        const [value, found] = [values[index], errors[index]?.[side]];
        if (!value || !found) return [];
        const node = (of === 'a' ? value.nodeA : value.nodeB) as NodeId;
        const end = of === 'a' ? this.a : this.b;
        const name = of === 'a' ? value.source : value.name;
        const producer = label(end.model, end.model.getNode(node));
        return [{ ...found, of, value: name, producer, node, constant: nonFiniteConstant(end, node) }];
      }),
    );
  }
}
