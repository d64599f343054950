import { loosest, type Exactness } from '../../base/exactness.ts';
import type { ValueId } from '../../ir/types.ts';
import { writeModel } from '../../onnx/write.ts';
import { fedInputs } from '../../passes/edit/input-shapes.ts';
import type { PortMap } from '../../verify/ports.ts';
import type { CompareSide } from '../compare-types.ts';
import type { Stop } from '../document.ts';
import { correspondence, withOutputs } from '../interface.ts';
import type { OpenDocument } from '../opened.ts';
import type { Parcel } from '../ports.ts';
import { matchPorts } from './ports.ts';
import type { Interface } from './recorded.ts';
import type { LabSide, Matched, PortLink } from './types.ts';

/** A stop of the recipe, or the second file as the only stop of its own. */
export interface LabPlace {
  readonly side: CompareSide;
  readonly document: OpenDocument;
  readonly index: number;
}

export const stopAt = ({ document, index }: LabPlace): Stop => document.stop(index);

/** The two models as they are run against each other. */
export interface Bout {
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

export const isItself = ({ a, b }: Bout): boolean => stopAt(a).model === stopAt(b).model;

export const isFile = ({ a, b }: Pick<Bout, 'a' | 'b'>): boolean => a.document !== b.document;

export function boutOf(a: LabPlace, b: LabPlace, chosen: Exactness | null): Bout {
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
  const { inputs, outputs } = interfaceAt(b);
  return { inputs: inputs.map(({ name }) => link(name, name)), outputs: outputs.map((name) => link(name, name)) };
}

/** What a model has to be fed with, and gives: inputs with a default of their own are left at it. */
export function interfaceAt(place: LabPlace): Interface {
  const { model, summary } = stopAt(place);
  const fed = new Set(fedInputs(model).map(({ name }) => name));
  return {
    inputs: summary.inputs.filter(({ name }) => fed.has(name)),
    outputs: summary.outputs.map(({ name }) => name),
  };
}

/** What files have to hold: A's inputs, in the sizes that both take, but for those that B holds as constants. */
export function interfaceOf({ a, ports }: Bout): Interface {
  const { inputs, outputs } = interfaceAt(a);
  return {
    inputs: inputs
      .filter(({ name }) => !ports?.fixed[name])
      .map((input) => ({ ...input, shape: ports?.shapes[input.name] ?? input.shape })),
    outputs,
  };
}

export function sideOf({ side, document, index }: LabPlace): LabSide {
  const title = side === 'second' ? '' : (document.stop(index).outcome?.title ?? 'Original');
  return { side, name: document.file.name, title };
}

/** A, with the values that B shows as outputs. */
export function originalOf({ a, reveal }: Bout): Parcel {
  if (reveal.length === 0) return a.document.parcel(a.index);
  return { name: a.document.file.name, bytes: writeModel(withOutputs(stopAt(a), reveal)) };
}
