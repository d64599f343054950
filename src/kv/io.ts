import { CodedError } from '../base/error.ts';
import type { Model } from '../ir/model.ts';
import { isFloat, type DataType, type Dim, type Shape, type ValueId } from '../ir/types.ts';
import { BLOCK_TABLE, PAST_LENGTH_INPUT, POSITION_OFFSET } from './policy.ts';
import type { CachePort, CacheTensor, DecoderIo } from './types.ts';

/** An input or output as it is declared. */
interface Port {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: Shape;
}

const MASK = /mask/i;
const POSITIONS = /position/i;
const IDS = /(^|[^a-z])(ids?|tokens?)([^a-z]|$)|input_?ids/i;
const CACHE = /past|present|cache/i;
const LOGITS = /logit/i;
const HIDDEN = /hidden|state|embed/i;
const ENCODER = /encoder|cross/i;
const LENGTH = /past|seq|len|cache|total|time|pos/i;
/** Inputs of a decoder whose cache lies in pages. */
const OWN = [BLOCK_TABLE, PAST_LENGTH_INPUT];

/**
 * What a decoder is given and what it keeps, read off the names and shapes of its inputs and outputs: ids are integers
 * of rank 2, masks and positions are so called, and keys and values go in as `past…` or `…cache…` and come out as
 * `present…` or `…cache…` of the same layer, the first number in the name. What passes put beside them is known by its
 * name: scales and residuals, a table of blocks, an offset. The graph in between is not looked at.
 *
 * @throws CodedError `unsupported` with what is missing, or with the input that nobody knows how to feed
 */
export function readDecoderIo(model: Model): DecoderIo {
  const inputs = ports(
    model,
    model.graph.inputs.filter((id) => !model.graph.initializers.has(id)),
  );
  const outputs = ports(model, model.graph.outputs);
  const [pasts, presents] = [inputs.filter(isCache), outputs.filter(isCache)];
  const isPaged = OWN.every((name) => inputs.some((port) => port.name === name));
  const own = new Set(isPaged ? [...OWN, POSITION_OFFSET] : [POSITION_OFFSET]);
  const rest = inputs.filter((port) => !isCache(port) && !own.has(port.name));
  const mask = rest.find(({ name, shape }) => MASK.test(name) && shape?.length === 2) ?? null;
  const positions = rest.find(({ name, shape }) => POSITIONS.test(name) && shape?.length === 2) ?? null;
  const ids = idsOf(rest.filter((port) => port !== mask && port !== positions));
  const strange = rest.find((port) => port !== mask && port !== positions && port.name !== ids.name);
  if (strange) {
    throw refusal(
      `its input ${strange.name} is neither ids, mask, positions nor a part of a cache. Give a decoder without it.`,
      strange.name,
    );
  }
  const logits = logitsOf(outputs.filter((port) => !isCache(port)));
  return {
    ids,
    logits: logits && logits.name,
    vocabulary: numberOf(logits?.shape?.at(-1)),
    mask: mask && { name: mask.name, dtype: mask.dtype },
    positions: positions && { name: positions.name, dtype: positions.dtype },
    cache: paired(pasts, presents, isPaged),
    ...(inputs.some(({ name }) => name === POSITION_OFFSET) && { offset: POSITION_OFFSET }),
    ...(isPaged && { pages: { table: BLOCK_TABLE, length: PAST_LENGTH_INPUT } }),
  };
}

function ports(model: Model, ids: readonly ValueId[]): Port[] {
  return ids.map((id) => {
    const { name, type } = model.getValue(id);
    return type?.kind === 'tensor'
      ? { name, dtype: type.dtype, shape: type.shape }
      : { name, dtype: 'undefined', shape: null };
  });
}

/** Ids and masks may be called after the past too: what is kept has heads and a width. */
const isCache = ({ name, shape }: Port): boolean => CACHE.test(name) && (shape === null || shape.length > 2);

function idsOf(candidates: readonly Port[]): DecoderIo['ids'] {
  const integers = candidates.filter(({ dtype, shape }) => isIds(dtype) && shape?.length === 2);
  const found = integers.find(({ name }) => IDS.test(name)) ?? (integers.length === 1 ? integers[0] : undefined);
  if (found && isIds(found.dtype)) return { name: found.name, dtype: found.dtype };
  throw refusal('it has no input of token ids, [batch, positions] of int64 or int32. Give a decoder of text.');
}

const isIds = (dtype: DataType): dtype is 'int64' | 'int32' => dtype === 'int64' || dtype === 'int32';

/** [batch, positions, vocabulary] */
function logitsOf(candidates: readonly Port[]): Port | null {
  // Older files do not say of what type an output is.
  const able = candidates.filter(
    ({ dtype, shape }) => (isFloat(dtype) || dtype === 'undefined') && (shape === null || shape.length === 3),
  );
  const named = able.find(({ name }) => LOGITS.test(name));
  return named ?? able.find(({ name }) => able.length === 1 && !HIDDEN.test(name)) ?? null;
}

/** What a name says: the layer, and keys, values or both. */
interface Said {
  readonly layer: number;
  readonly holds: CacheTensor['holds'];
}

function saidBy({ name, shape }: Port): Said {
  if (ENCODER.test(name.replace(/decoder/gi, ''))) {
    throw refusal(`${name} keeps what an encoder said. Give a decoder that reads nothing but its own text.`, name);
  }
  // `past_key_values` says nothing of which of both it is.
  const rest = name.replace(/(past|present)_key_?(and_)?_?values?/gi, '');
  const [key, value] = [/key|(^|[^a-z])k([^a-z]|$)/i.test(rest), /value|(^|[^a-z])v([^a-z]|$)/i.test(rest)];
  const layer = Number(/\d+/.exec(rest)?.[0] ?? 0);
  if (key !== value) return { layer, holds: key ? 'key' : 'value' };
  if (shape?.length === 5 && shape[0] === 2) return { layer, holds: 'both' };
  throw refusal(
    `${name} is a part of a cache, but its name says neither key nor value, and its shape is not [2, batch, heads, positions, width]. Rename it.`,
    name,
  );
}

/** Whole numbers have scales, and a rest of floats, of the same name. */
function partOf(all: readonly Port[], { name }: Port, part: 'scale' | 'residual'): Port | null {
  return all.find((port) => port.name === `${name}_${part}`) ?? null;
}
const isPart = (all: readonly Port[], { name }: Port): boolean =>
  all.some((port) => name === `${port.name}_scale` || name === `${port.name}_residual`);

function quantizedOf(
  pasts: readonly Port[],
  presents: readonly Port[],
  past: Port,
  present: Port,
): Pick<CacheTensor, 'quantized'> {
  const [scale, residual] = (['scale', 'residual'] as const).map((part): CachePort | null => {
    const [input, output] = [partOf(pasts, past, part), partOf(presents, present, part)];
    if (input === null && output === null) return null;
    if (!input || !output || !input.shape || input.shape.length !== past.shape?.length)
      throw refusal(
        `the ${part} of ${past.name} does not come in and go out alike. Rewrite the cache anew.`,
        past.name,
      );
    return { input: input.name, output: output.name, dtype: input.dtype, shape: input.shape };
  });
  return scale && residual ? { quantized: { scale, residual } } : {};
}

function paired(pasts: readonly Port[], presents: readonly Port[], isPaged: boolean): CacheTensor[] {
  const left = new Map<string, Port>();
  for (const present of presents) if (!isPart(presents, present)) keep(left, keyOf(saidBy(present)), present);
  const taken = new Map<string, Port>();
  const tensors = pasts.flatMap((past) => {
    if (isPart(pasts, past)) return [];
    const said = saidBy(past);
    const key = keyOf(said);
    keep(taken, key, past);
    const present = left.get(key);
    if (!present) throw refusal(`its input ${past.name} has no output that it would come out of (${key}).`, past.name);
    left.delete(key);
    return {
      ...{ input: past.name, output: present.name, ...said, dtype: past.dtype },
      ...axesOf(past, present, said, isPaged),
      ...quantizedOf(pasts, presents, past, present),
    };
  });
  // Without pasts, presents are only there to be looked at, or for a second model.
  const [lonely] = left.values();
  if (lonely && tensors.length > 0)
    throw refusal(`its output ${lonely.name} has no input that it would go into.`, lonely.name);
  return tensors.sort((a, b) => a.layer - b.layer || ORDER.indexOf(a.holds) - ORDER.indexOf(b.holds));
}

const ORDER: readonly CacheTensor['holds'][] = ['key', 'value', 'both'];

const keyOf = ({ layer, holds }: Said): string =>
  `layer ${layer}, ${holds === 'both' ? 'keys and values' : `${holds}s`}`;

function keep(all: Map<string, Port>, key: string, port: Port): void {
  const other = all.get(key);
  if (other) throw refusal(`${other.name} and ${port.name} are both called ${key}. Rename one.`, port.name);
  all.set(key, port);
}

function axesOf(past: Port, present: Port, { holds }: Said, isPaged: boolean): Pick<CacheTensor, 'shape' | 'axes'> {
  const { name, shape } = past;
  const batch = holds === 'both' ? 1 : 0;
  if (past.dtype !== present.dtype) {
    throw refusal(`${name} is ${past.dtype}, but ${present.name} gives ${present.dtype}.`, name);
  }
  if (shape?.length !== batch + 4) {
    throw refusal(
      `${name} has not the ${batch + 4} axes of batch, heads, positions and width. Declare its shape.`,
      name,
    );
  }
  const rest = [batch + 1, batch + 2, batch + 3];
  // A block of a pool has a fixed number of positions, behind heads.
  const positions = isPaged ? batch + 2 : positionsAxis(shape, present.shape, rest);
  if (positions === null) {
    throw refusal(`no axis of ${name} is clearly that of positions. Give it a symbol, as past_sequence_length.`, name);
  }
  const [heads, width] = rest.filter((axis) => axis !== positions) as [number, number];
  return { shape, axes: { batch, heads, positions, width } };
}

/** The one axis that has another size when it comes out; else the one that is so called; else the only free one. */
function positionsAxis(past: readonly Dim[], present: Shape, axes: readonly number[]): number | null {
  const free = axes.filter((axis) => typeof past[axis] !== 'number');
  const grown = free.filter((axis) => present?.length === past.length && past[axis] !== present[axis]);
  const called = free.filter((axis) => LENGTH.test(String(past[axis])));
  const [only] = [grown, called, free].find((some) => some.length === 1) ?? [];
  return only ?? null;
}

const numberOf = (dim: Dim | undefined): number | null => (typeof dim === 'number' ? dim : null);

const refusal = (what: string, value?: string): CodedError =>
  new CodedError('unsupported', `The model is no decoder that can be run by steps: ${what}`, value ? { value } : {});
