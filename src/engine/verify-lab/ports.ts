import { CodedError } from '../../base/error.ts';
import { formatShape, plural } from '../../base/format.ts';
import type { Value } from '../../ir/model.ts';
import type { Dim, ValueId } from '../../ir/types.ts';
import { fedInputs } from '../../passes/edit/input-shapes.ts';
import type { HostTensor } from '../../runtime/types.ts';
import type { PortMap } from '../../verify/ports.ts';
import { commonShape } from '../counterpart.ts';
import type { End } from './values.ts';
import type { PortLink } from './types.ts';

export interface MatchedPorts {
  /** Null: both have the same names and sizes. */
  readonly ports: PortMap | null;
  readonly inputs: readonly PortLink[];
  readonly outputs: readonly PortLink[];
  /** Outputs that answer to each other: a value of A, a value of B. */
  readonly pairs: readonly (readonly [ValueId, ValueId])[];
  readonly notes: readonly string[];
}

type Kind = 'input' | 'output';
interface Link {
  readonly a: Value;
  readonly b: Value;
  readonly by: 'name' | 'order';
}

/**
 * Which inputs and outputs of two files without a common history answer to each other: those of the same name and type,
 * the others by their order, where as many are left on both sides and all fit. Throws `bad-request` where B cannot be
 * fed as A is, or where no output answers to another (`data.unmatched` says which).
 */
export function matchPorts(a: End, b: End): MatchedPorts {
  const inputs = matchInputs(a, b);
  const outputs = matchKind('output', outputsOf(a), outputsOf(b), a, b);
  if (outputs.links.length === 0) {
    throw refusal(
      'output',
      `No output of B answers to one of A, by name or by order: A gives ${described(a, outputsOf(a))}; B gives ${described(b, outputsOf(b))}.`,
    );
  }
  const fixed = fixedInputs(a, b, inputs.unmatchedA);
  const notes = [
    ...inputs.links.filter(({ a, b }) => a.name !== b.name).map(told('Input')),
    ...Object.keys(fixed).map((name) => `A was given the constant that B holds for "${name}".`),
    ...outputs.links.filter(({ a, b }) => a.name !== b.name).map(told('Output')),
    ...uncompared('A', outputs.unmatchedA),
    ...uncompared('B', outputs.unmatchedB),
  ];
  const shapes = sharedShapes(inputs.links);
  const isPlain = notes.length === 0 && Object.keys(shapes).length === 0;
  const links = ({ a, b, by }: Link): PortLink => ({ a: a.name, b: b.name, by });
  return {
    ports: isPlain
      ? null
      : {
          inputs: inputs.links.map(({ a, b }) => ({ name: b.name, from: 'input', source: a.name })),
          outputs: outputs.links.map(({ a, b }) => ({ name: b.name, source: a.name })),
          shapes,
          fixed,
          parts: 1,
          notes,
        },
    inputs: inputs.links.map(links),
    outputs: outputs.links.map(links),
    pairs: outputs.links.map(({ a, b }) => [a.id, b.id]),
    notes,
  };
}

const refusal = (unmatched: Kind, message: string): CodedError =>
  new CodedError('bad-request', `${message} Rename or resize the ports of one of them first.`, { unmatched });

const told =
  (what: string) =>
  ({ a, b, by }: Link): string =>
    `${what} "${a.name}" of A answers to "${b.name}" of B, by its ${by === 'order' ? 'place' : 'name'}.`;

const uncompared = (side: 'A' | 'B', values: readonly Value[]): string[] =>
  values.length === 0
    ? []
    : [`Not compared: ${values.map(({ name }) => `"${name}"`).join(', ')}, which only ${side} gives.`];

const outputsOf = ({ model }: End): Value[] => [...new Set(model.graph.outputs)].map((id) => model.getValue(id));

const described = ({ analysis }: End, values: readonly Value[]): string =>
  values.length === 0
    ? 'nothing'
    : values
        .map(({ id, name }) => `${name} ${analysis.dtype(id) ?? 'of unknown type'} ${formatShape(analysis.shape(id))}`)
        .join(', ');

interface Matching {
  readonly links: readonly Link[];
  readonly unmatchedA: readonly Value[];
  readonly unmatchedB: readonly Value[];
}

function matchKind(kind: Kind, of: readonly Value[], to: readonly Value[], a: End, b: End): Matching {
  const fit = (x: Value, y: Value): boolean => fits(kind, a, x.id, b, y.id);
  const links: Link[] = [];
  for (const y of to) {
    const x = of.find(({ name }) => name === y.name);
    if (x && fit(x, y)) links.push({ a: x, b: y, by: 'name' });
  }
  const leftA = of.filter((x) => !links.some((link) => link.a === x));
  const leftB = to.filter((y) => !links.some((link) => link.b === y));
  if (leftA.length !== leftB.length || !leftA.every((x, i) => fit(x, leftB[i] ?? x))) {
    return { links, unmatchedA: leftA, unmatchedB: leftB };
  }
  const byOrder = leftA.flatMap((x, i): Link[] => (leftB[i] ? [{ a: x, b: leftB[i], by: 'order' }] : []));
  const inOrder = [...links, ...byOrder].sort((x, y) => to.indexOf(x.b) - to.indexOf(y.b));
  return { links: inOrder, unmatchedA: [], unmatchedB: [] };
}

/** Of the same element type, and of sizes that one run can have in both. */
function fits(kind: Kind, a: End, x: ValueId, b: End, y: ValueId): boolean {
  const types = [a.analysis.dtype(x), b.analysis.dtype(y)];
  if (types[0] !== types[1] && types.every((type) => type !== null)) return false;
  const [left, right] = [a.analysis.shape(x), b.analysis.shape(y)];
  // What inference knows of an output may be loose; what an input is declared as binds.
  if (kind === 'output' && (left === null || right === null)) return true;
  return (left === null && right === null) || commonShape(left, right) !== null;
}

function matchInputs(a: End, b: End): Matching {
  const [of, to] = [fedInputs(a.model), fedInputs(b.model)];
  const matching = matchKind('input', of, to, a, b);
  const [lost] = matching.unmatchedB;
  if (!lost) return matching;
  const same = of.find(({ name }) => name === lost.name);
  const why = same
    ? `A declares it as ${described(a, [same])}`
    : `A takes ${described(a, of)} (${plural(of.length, 'input')})`;
  throw refusal('input', `Input ${described(b, [lost])} of B answers to none of A: ${why}.`);
}

/**
 * What each input of B is called in A, of two files without a common history. Throws `bad-request` where B cannot be fed
 * as A is.
 */
export const inputSources = (a: End, b: End): PortMap['inputs'] =>
  matchInputs(a, b).links.map((link) => ({ name: link.b.name, from: 'input', source: link.a.name }));

/** Inputs of A that B holds as constants of the same name. */
function fixedInputs(a: End, b: End, left: readonly Value[]): Record<string, HostTensor> {
  const { graph } = b.model;
  const constants = new Map([...graph.initializers].map(([id, tensor]) => [b.model.getValue(id).name, tensor]));
  return Object.fromEntries(
    left.flatMap(({ id, name }): [string, HostTensor][] => {
      const tensor = constants.get(name);
      if (!tensor || commonShape(a.analysis.shape(id), tensor.shape) === null) return [];
      return [[name, { dtype: tensor.dtype, shape: tensor.shape, data: tensor.read() }]];
    }),
  );
}

/** Sizes that A is run with: B's, where A leaves them free. */
function sharedShapes(links: readonly Link[]): Record<string, readonly Dim[]> {
  const declared = ({ type }: Value): readonly Dim[] | null => (type?.kind === 'tensor' ? type.shape : null);
  return Object.fromEntries(
    links.flatMap(({ a, b }): [string, readonly Dim[]][] => {
      const [left, right] = [declared(a), declared(b)];
      const shape = left && right ? commonShape(left, right) : (right ?? null);
      const binds = shape?.some((dim, axis) => typeof dim === 'number' && left?.[axis] !== dim) ?? false;
      return binds && shape ? [[a.name, shape]] : [];
    }),
  );
}
