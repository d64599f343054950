import type { Node } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { ValueId } from '../ir/types.ts';
import { opKey } from '../ops/registry.ts';
import type { LooksFor } from './pass.ts';

/** A captured constant: the value and its contents. */
export interface Constant {
  readonly value: ValueId;
  readonly tensor: Tensor;
}

/** What a capture may hold; `T` is the type that `when` and `apply` see. */
export interface CaptureKind<T> {
  readonly what: 'any' | 'constant' | 'node';
  readonly optional: boolean;
  /** A constant, or nothing of the kind is here: a computed value is no near miss. */
  readonly strict?: true;
  /** Never set: carries `T`. */
  readonly bound?: T;
}

/** Any value. */
export const any: CaptureKind<ValueId> = { what: 'any', optional: false };
/** A value that is constant; where it is not, the match is a near miss that says so. */
export const constant: CaptureKind<Constant> = { what: 'constant', optional: false };
/** As `constant`, where a computed value is so common that it is worth no word; a graph input in its place still is. */
export const onlyConstant: CaptureKind<Constant> = { what: 'constant', optional: false, strict: true };
/** A matched node: `op(…, { as: c.name })`. */
export const node: CaptureKind<Node> = { what: 'node', optional: false };
/** An input that may be left out: bound to null. Also a capture that only some alternatives bind. */
export const optional = <T>(kind: CaptureKind<T>): CaptureKind<T | null> => ({ what: kind.what, optional: true });

export type Captures = Readonly<Record<string, CaptureKind<unknown>>>;

/** A capture's place in a pattern. The same slot twice: the same value. */
export interface Slot<T> {
  readonly form: 'slot';
  readonly name: string;
  readonly kind: CaptureKind<T>;
}
export type Slots<C extends Captures> = {
  readonly [K in keyof C]: C[K] extends CaptureKind<infer T> ? Slot<T> : never;
};
/** What a match hands over, by capture name. */
export type Bound<C extends Captures> = {
  readonly [K in keyof C]: C[K] extends CaptureKind<infer T> ? T : never;
};

export interface OpOptions {
  /** Captures the node. */
  readonly as?: Slot<Node> | Slot<Node | null>;
  /** Which output of the node the pattern goes through; default 0. */
  readonly output?: number;
  readonly domain?: string;
  /** The node is only read: it stays, and its results may have other readers. */
  readonly keep?: boolean;
  /** The node may have further inputs that the pattern does not look at. */
  readonly more?: boolean;
  /** Operands of a commutative operator are tried in both orders unless this is set. */
  readonly ordered?: boolean;
}

export interface OpPattern extends OpOptions {
  readonly form: 'op';
  readonly types: readonly string[];
  readonly inputs: readonly (Pattern | null)[];
}

export type Pattern =
  | Slot<unknown>
  | OpPattern
  | { readonly form: 'either'; readonly patterns: readonly Pattern[] }
  | { readonly form: 'maybe'; readonly pattern: Pattern }
  | { readonly form: 'scalar'; readonly value: number; readonly tolerance: number };

/** A node of one of the given operators; `null` stands for an input that is left out. */
export const op = (
  type: string | readonly string[],
  inputs: readonly (Pattern | null)[],
  options: OpOptions = {},
): OpPattern => ({ form: 'op', types: typeof type === 'string' ? [type] : type, inputs, ...options });

/** The first pattern that leads to a whole match. */
export const either = (...patterns: readonly Pattern[]): Pattern => ({ form: 'either', patterns });

/** An input that, if present, matches the pattern. */
export const maybe = (pattern: Pattern): Pattern => ({ form: 'maybe', pattern });

/** A constant with one element within `tolerance` of `value`, relative to max(1, |value|). */
export const scalar = (value: number, tolerance = 1e-3): Pattern => ({ form: 'scalar', value, tolerance });

/** Operators whose two operands may be swapped (ONNX operator specification). */
export const COMMUTATIVE: ReadonlySet<string> = new Set([
  'Add',
  'Mul',
  'Max',
  'Min',
  'Sum',
  'Mean',
  'And',
  'Or',
  'Xor',
  'Equal',
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
]);

export function slotsOf<C extends Captures>(captures: C): Slots<C> {
  const slots = Object.entries(captures).map(([name, kind]) => [name, { form: 'slot', name, kind }]);
  return Object.fromEntries(slots) as Slots<C>;
}

/** Chains of operators, producers first, that lead to the pattern's result; a pattern without operators has none. */
function chainsOf(pattern: Pattern | null): readonly (readonly string[])[] {
  if (pattern === null || pattern.form === 'slot' || pattern.form === 'scalar') return [];
  if (pattern.form === 'maybe') return chainsOf(pattern.pattern);
  if (pattern.form === 'either') return pattern.patterns.flatMap(chainsOf);
  const own = pattern.types.map((opType) => opKey({ opType, domain: pattern.domain ?? '' })).join(' or ');
  const before = pattern.inputs.flatMap(chainsOf);
  return before.length > 0 ? before.map((chain) => [...chain, own]) : [[own]];
}

/** What rules with these patterns look for. */
export function looksFor(patterns: readonly Pattern[]): LooksFor {
  const chains = patterns.flatMap(chainsOf);
  return {
    chains: [...new Set(chains.map((chain) => chain.join(' → ')))],
    operators: [...new Set(chains.flatMap((chain) => chain.flatMap((step) => step.split(' or '))))],
  };
}
