import { CodedError } from '../base/error.ts';
import type { Dim } from '../ir/types.ts';
import type { Feeds, HostTensor, PortInfo, RuntimeSession } from '../runtime/types.ts';
import type { Outputs } from './reference.ts';

/** An input of the result: fed what the original is fed, or a value that the original computes. */
interface InputLink {
  readonly name: string;
  readonly from: 'input' | 'value';
  /** Name in the original; a `value` is among the outputs of the original as it is given. */
  readonly source: string;
}

/**
 * How the inputs and outputs of a result answer to those of its original, where a step changed them. Plain data; left
 * out where both have the same.
 */
export interface PortMap {
  readonly inputs: readonly InputLink[];
  /** What is compared: an output of the result, and the output of the original that it must equal. */
  readonly outputs: readonly { readonly name: string; readonly source: string }[];
  /** Shapes that both are run with, by the original's input; symbols and null are free. */
  readonly shapes: Readonly<Record<string, readonly Dim[]>>;
  /** Inputs of the original that the result holds as constants. */
  readonly fixed: Feeds;
  /** The original runs this many times, on equal parts along axis 0 of the inputs in `shapes`; 1: as it is. */
  readonly parts: number;
  /** One sentence each: what answers to what, and what is not compared. */
  readonly notes: readonly string[];
}

/** The original as the result is run: with its shapes, its constants given, part by part. */
export function asOriginal(session: RuntimeSession, ports: PortMap | undefined): RuntimeSession {
  if (!ports) return session;
  const { shapes, fixed, parts } = ports;
  return {
    inputs: session.inputs
      .filter(({ name }) => !fixed[name])
      .map((input) => ({ ...input, shape: shapes[input.name] ?? input.shape })),
    outputs: session.outputs,
    run: (feeds) => (parts === 1 ? session.run({ ...feeds, ...fixed }) : runParts(session, feeds, ports)),
    endProfile: () => session.endProfile(),
    release: () => session.release(),
  };
}

async function runParts(session: RuntimeSession, feeds: Feeds, { shapes, fixed, parts }: PortMap) {
  const results: Outputs[] = [];
  for (let part = 0; part < parts; part++) {
    const some = Object.entries(feeds).map(([name, tensor]): [string, HostTensor] => [
      name,
      shapes[name] ? partOf(tensor, part, parts) : tensor,
    ]);
    results.push(await session.run({ ...Object.fromEntries(some), ...fixed }));
  }
  const names = Object.keys(results[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, joined(results.map((each) => each[name]))]));
}

type Elements = ArrayBufferView & { slice(from: number, to: number): Elements; readonly length: number };

/** Part `index` of `parts` along axis 0. */
function partOf({ dtype, shape, data }: HostTensor, index: number, parts: number): HostTensor {
  const elements = data as Elements | readonly string[];
  const size = elements.length / parts;
  const [first = parts, ...rest] = shape;
  return { dtype, shape: [first / parts, ...rest], data: elements.slice(index * size, (index + 1) * size) };
}

/** Joins equal tensors along axis 0. */
function joined(tensors: readonly (HostTensor | undefined)[]): HostTensor {
  const given = tensors.filter((tensor) => tensor !== undefined);
  const [first] = given;
  if (!first || given.length < tensors.length) throw new CodedError('runtime', 'The original left out an output.');
  const [size = 1, ...rest] = first.shape;
  const shape = [size * given.length, ...rest];
  const { data } = first;
  if (!ArrayBuffer.isView(data))
    return { ...first, shape, data: given.flatMap((each) => each.data as readonly string[]) };
  const views = given.map((each) => each.data as Uint8Array);
  const bytes = new Uint8Array(views.reduce((sum, view) => sum + view.byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of views) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const Elements = data.constructor as new (buffer: ArrayBuffer) => ArrayBufferView;
  return { ...first, shape, data: new Elements(bytes.buffer) };
}

/** What the result is fed on an input on which the original was fed `feeds` and gave `outputs`. */
export function resultFeeds(ports: PortMap | undefined, feeds: Feeds, outputs: Outputs): Feeds {
  if (!ports) return feeds;
  const links = ports.inputs.map(({ name, from, source }): [string, HostTensor] => {
    const tensor = from === 'input' ? feeds[source] : outputs[source];
    if (!tensor) throw new CodedError('runtime', `The original has no tensor "${source}" to feed "${name}" with.`);
    return [name, tensor];
  });
  return Object.fromEntries(links);
}

/** The result's outputs under the original's names; those that answer to none are left out. */
export function namedAsOriginal(ports: PortMap | undefined, outputs: Outputs): Outputs {
  if (!ports) return outputs;
  return Object.fromEntries(
    ports.outputs.flatMap(({ name, source }) => {
      const tensor = outputs[name];
      return tensor ? [[source, tensor]] : [];
    }),
  );
}

/** What a person calls an output of the original: by the result's name for it. */
export const shownName = (ports: PortMap | undefined, source: string): string =>
  ports?.outputs.find((each) => each.source === source)?.name ?? source;

interface Ports {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
}

/** What must not change between the original and the result: names and element types of inputs and outputs. */
export function interfaceChange(before: Ports, after: Ports, ports?: PortMap): string | null {
  const [old, now] = ports ? [linkedBefore(before, ports), linkedAfter(after, ports)] : [before, after];
  return portChange('input', old.inputs, now.inputs) ?? portChange('output', old.outputs, now.outputs);
}

const linkedBefore = ({ inputs, outputs }: Ports, ports: PortMap): Ports => ({
  inputs: inputs.filter(({ name }) => ports.inputs.some((link) => link.from === 'input' && link.source === name)),
  outputs: outputs.filter(({ name }) => ports.outputs.some((link) => link.source === name)),
});

/** The result's ports under the original's names; inputs that take a value of the original are fed with its type. */
const linkedAfter = ({ inputs, outputs }: Ports, ports: PortMap): Ports => ({
  inputs: inputs.flatMap((input) => {
    const link = ports.inputs.find((each) => each.name === input.name);
    if (!link) return [input];
    return link.from === 'input' ? [{ ...input, name: link.source }] : [];
  }),
  outputs: outputs.flatMap((output) =>
    ports.outputs.filter((each) => each.name === output.name).map(({ source }) => ({ ...output, name: source })),
  ),
});

function portChange(what: string, before: readonly PortInfo[], after: readonly PortInfo[]): string | null {
  for (const { name, dtype } of before) {
    const other = after.find((each) => each.name === name);
    if (!other) return `the ${what} "${name}" is gone`;
    if (other.dtype !== dtype) return `the ${what} "${name}" is ${other.dtype}, not ${dtype}`;
  }
  const added = after.find(({ name }) => !before.some((each) => each.name === name));
  return added ? `there is a new ${what} "${added.name}"` : null;
}
