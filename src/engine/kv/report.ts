import { analyze } from '../../analysis/analyze.ts';
import { CodedError } from '../../base/error.ts';
import { silentJob, type Job } from '../../base/job.ts';
import { byteLengthOf, type DataType, type ValueId } from '../../ir/types.ts';
import type { Model } from '../../ir/model.ts';
import { cacheBytes } from '../../kv/memory.ts';
import { INT8_DEFAULTS, int8Bytes } from '../../kv/cache/int8.ts';
import type { LayerShape } from '../../kv/cache/layout.ts';
import { textInputs } from '../../kv/flow/inputs.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { sorted } from '../../kv/kept/follow.ts';
import { BLOCK_TABLE, PAST_LENGTH_INPUT, policyOf, POSITION_OFFSET } from '../../kv/policy.ts';
import { attentionsOf, type SeenAttention } from '../../kv/report/attentions.ts';
import { positionsOf, type PositionFacts, type PositionTable } from '../../kv/report/positions.ts';
import type { CachePolicy, DecoderIo } from '../../kv/types.ts';
import { passById } from '../../passes/index.ts';
import { noFacts } from '../../rewrite/facts.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import {
  PASS_OF,
  POLICIES,
  withPolicy,
  withPositions,
  type PolicyName,
  type Refused,
  type WithPolicy,
} from './policies.ts';

/** What all layers keep of a position; null: not told. */
export interface KvShape {
  readonly layers: number;
  /** Of queries. */
  readonly heads: number | null;
  readonly kvHeads: number | null;
  readonly headSize: number | null;
  /** Of values, where it is another. */
  readonly valueSize: number | null;
  readonly dtype: DataType | null;
}

export interface PolicyRow {
  readonly policy: PolicyName;
  /** Passes that lead there; empty: it is so, or it cannot be had. */
  readonly steps: readonly string[];
  /** Null: it can be had. */
  readonly reason: string | null;
  /** Bytes of 1024 positions with the sizes that the pass has by itself; null: not told. */
  readonly bytes: number | null;
}

/** A model as one that keeps keys and values, or could. */
export interface KvReport {
  /** Why no text can be run through it token by token; null: it can be. */
  readonly noDecoder: string | null;
  /** As it keeps them now. */
  readonly policy: CachePolicy;
  /** Operators that are attention, and how many; `null`: written out. */
  readonly attention: readonly { readonly operator: string | null; readonly count: number }[];
  /** Softmax nodes that look like attention and are not understood, with the reason. */
  readonly misses: readonly string[];
  /** Null: there is no attention that is understood. */
  readonly shape: KvShape | null;
  /** 2·L·H·d·bytes, with scales where those are of eight bits; null: not told. */
  readonly bytesPerToken: number | null;
  /** Null: no text flows through it. */
  readonly positions: PositionFacts | null;
  /** Why its tables cannot be made longer; null: they can, by `extend-positions`, or none ends. */
  readonly noLonger: string | null;
  readonly policies: readonly PolicyRow[];
}

const AT = 1024;

const contextOf = (model: Model): PassContext => ({
  model,
  analysis: analyze(model),
  backend: 'wasm',
  facts: noFacts,
  options: {},
  decided: new Map(),
});

/** What keeps keys and values in a model, how much, and which policies can be put on it. */
export async function kvReport(model: Model, job: Job = silentJob()): Promise<KvReport> {
  const context = contextOf(model);
  const io = ioOf(model);
  const decoder = 'reason' in io ? null : io;
  const { found: attentions, misses } = attentionsOf(context);
  const policy: CachePolicy = decoder?.cache.length ? policyOf(model) : { kind: 'none' };
  const dense = policy.kind === 'none' ? await withPolicy(model, 'dense', {}, job) : null;
  // Where a cache can be added, that is what is kept: heads before others share them.
  const made = dense && 'model' in dense ? ioOf(dense.model) : null;
  const shape = shapeOf(attentions, made && 'cache' in made ? made : decoder);
  const positions = positionFacts(context, decoder, attentions);
  const isFused = attentions.some(({ operator }) => operator !== null);
  // Of operators it is not told whether a position sees later ones.
  const whyNone = dense && 'reason' in dense && !isFused ? dense.reason : null;
  return {
    noDecoder: 'reason' in io ? io.reason : whyNone,
    policy,
    attention: counted(attentions),
    misses,
    shape,
    bytesPerToken: shape && (policy.kind === 'int8' ? int8PerToken(shape, policy) : perToken(shape)),
    positions,
    noLonger: await whyNotLonger(model, positions, job),
    policies: await policyRows(model, { shape, now: policy, dense }, job),
  };
}

/** The table that ends a text first; null: none does, or places in the cache stay below its rows. */
export function endOf(model: Model): PositionTable | null {
  const context = contextOf(model);
  const io = ioOf(model);
  if ('reason' in io) throw new CodedError('unsupported', io.reason);
  const ends = positionFacts(context, io, attentionsOf(context).found)?.ends ?? null;
  const policy = policyOf(model);
  const isEndless = ends !== null && policy.kind === 'streaming' && policy.sinks + policy.window <= ends.rows;
  return isEndless ? null : ends;
}

function ioOf(model: Model): DecoderIo | { readonly reason: string } {
  try {
    return readDecoderIo(model);
  } catch (error) {
    return { reason: (error as CodedError).message };
  }
}

function counted(attentions: readonly SeenAttention[]): KvReport['attention'] {
  const counts = new Map<string | null, number>();
  for (const { operator } of attentions) counts.set(operator, (counts.get(operator) ?? 0) + 1);
  return Array.from(counts, ([operator, count]) => ({ operator, count }));
}

/** By the cache where there is one, for that is what is kept; else by attention. */
function shapeOf(attentions: readonly SeenAttention[], io: DecoderIo | null): KvShape | null {
  const [attention = null] = attentions;
  const [key = null] = io?.cache ?? [];
  if (!attention && !key) return null;
  const value = io?.cache.find(({ holds }) => holds !== 'key') ?? null;
  const at = (tensor: typeof key, axis: 'heads' | 'width'): number | null => {
    const dim = tensor?.shape[tensor.axes[axis]];
    return typeof dim === 'number' ? dim : null;
  };
  const headSize = at(key, 'width') ?? attention?.width ?? null;
  const valueSize = at(value, 'width') ?? attention?.valueWidth ?? null;
  return {
    layers: key ? new Set(io?.cache.map(({ layer }) => layer)).size : attentions.length,
    heads: attention?.heads ?? null,
    kvHeads: at(key, 'heads') ?? attention?.kvHeads ?? null,
    headSize,
    valueSize: valueSize === headSize ? null : valueSize,
    dtype: key?.dtype ?? attention?.dtype ?? null,
  };
}

function perToken({ layers, kvHeads, headSize, valueSize, dtype }: KvShape): number | null {
  if (kvHeads === null || headSize === null || dtype === null) return null;
  return layers * kvHeads * (headSize + (valueSize ?? headSize)) * byteLengthOf(dtype, 1);
}

const layerOf = ({ kvHeads, headSize, valueSize }: KvShape): LayerShape => ({
  heads: kvHeads ?? 0,
  keyWidth: headSize ?? 0,
  valueWidth: valueSize ?? headSize ?? 0,
});

/** Of positions that are no longer floats: what a group of them adds. */
function int8PerToken(
  shape: KvShape,
  { group, residual }: { readonly group: number; readonly residual: number },
): number {
  const at = (groups: number): number =>
    int8Bytes(layerOf(shape), residual + groups * group, { ...INT8_DEFAULTS, group, residual });
  return (shape.layers * (at(2) - at(1))) / group;
}

function positionFacts(
  context: PassContext,
  io: DecoderIo | null,
  attentions: readonly SeenAttention[],
): PositionFacts | null {
  const { model } = context;
  const named = new Map(model.graph.inputs.map((id) => [model.getValue(id).name, id]));
  const texts = textInputs(context);
  const ids = io ? (named.get(io.ids.name) ?? null) : texts && 'ids' in texts ? texts.ids : null;
  if (ids === null) return null;
  const given = (names: readonly (string | undefined)[]): ValueId[] =>
    names.flatMap((name) => (name === undefined ? [] : (named.get(name) ?? [])));
  const beside = [io?.mask?.name, io?.positions?.name, POSITION_OFFSET, BLOCK_TABLE, PAST_LENGTH_INPUT];
  const { data, lengths } = sorted(context, [ids, ...given(io?.cache.map(({ input }) => input) ?? [])], given(beside));
  const scored = new Set(attentions.flatMap(({ plan }) => plan?.scores.stages.map(({ node }) => node.id) ?? []));
  return positionsOf(context, { data, lengths, scored }, attentions);
}

async function whyNotLonger(model: Model, positions: PositionFacts | null, job: Job): Promise<string | null> {
  if (!positions?.ends) return null;
  const longer = await withPositions(model, positions.ends.rows + 1, job);
  if ('reason' in longer) return longer.reason;
  return longer.steps.length > 0 ? null : `${passById('extend-positions').title} does not find the table.`;
}

interface Known {
  readonly shape: KvShape | null;
  readonly now: CachePolicy;
  /** With a cache that was added; null: there was one. */
  readonly dense: WithPolicy | Refused | null;
}

async function policyRows(model: Model, known: Known, job: Job): Promise<readonly PolicyRow[]> {
  const rows: PolicyRow[] = [];
  for (const [done, policy] of POLICIES.entries()) {
    job.progress({ stage: 'Looking at policies', done, total: POLICIES.length });
    await job.checkpoint();
    rows.push(await rowOf(model, policy, known, job));
  }
  return rows;
}

async function rowOf(model: Model, policy: PolicyName, { shape, now, dense }: Known, job: Job): Promise<PolicyRow> {
  const bytes = bytesAt(policy, shape);
  const refused = (reason: string): PolicyRow => ({ policy, steps: [], reason, bytes: null });
  if (policy === now.kind) return { policy, steps: [], reason: null, bytes };
  if (policy === 'dense' && now.kind !== 'none')
    return refused(`The cache is ${now.kind}: open the model from before that.`);
  if (dense && 'reason' in dense) return refused(dense.reason);
  const made = await withPolicy(dense?.model ?? model, policy, {}, job);
  if ('reason' in made) return refused(made.reason);
  const steps = [...(dense?.steps ?? []), ...made.steps];
  return { policy, steps: steps.map(({ pass }) => pass), reason: null, bytes };
}

/** Bytes of `AT` positions by the formula of each policy, in float32 but for what is quantized. */
function bytesAt(policy: PolicyName, shape: KvShape | null): number | null {
  const each = shape && perToken({ ...shape, dtype: 'float32' });
  if (!shape || each === null) return null;
  const pass = PASS_OF[policy];
  const size = (name: string): number => {
    const spec = pass === null ? undefined : passById(pass).options[name];
    return spec?.type === 'number' ? spec.default : 0;
  };
  const sizes = {
    window: size('window'),
    sinks: size('sinks'),
    group: size('group'),
    residual: size('residual'),
    block: size('block'),
  };
  return cacheBytes(
    { kind: policy, ...sizes },
    Array.from({ length: shape.layers }, () => layerOf(shape)),
    AT,
  );
}
