import { defined } from '../../base/assert.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import { label } from '../../rewrite/graphs.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import type { Found } from '../../rewrite/search.ts';
import type { DataType } from '../../ir/types.ts';
import type { Gated } from './gated.ts';
import { near } from './scalar-algebra.ts';

export const CONTRIB = 'com.microsoft';

/** An operator that computes a gated activation in one kernel. */
export interface Operator {
  readonly opType: string;
  readonly domain: string;
  readonly attributes?: readonly (readonly [string, Attribute])[];
}

/** The same operator in ai.onnx and in com.microsoft. */
export interface Choice {
  readonly standard: Operator & {
    /** The version of ai.onnx that it came with. */
    readonly since: number;
  };
  readonly contrib: Operator | null;
}

/** The standard operator where the model's version has it, else ONNX Runtime's own; a clause where neither may be used. */
export function operatorFor({ model, backend }: PassContext, { standard, contrib }: Choice): Operator | string {
  if (model.opset() >= standard.since) return standard;
  if (contrib && backend !== 'portable') return contrib;
  return `${standard.opType} came with version ${standard.since} of the operator set, and this model has ${model.opset()}`;
}

/** A constant of a formula as the graph has it, as the fused kernel has it, and how far off it may be, relative. */
export interface Term {
  readonly found: number;
  readonly wanted: number;
  readonly tolerance: number;
}

export type Nearness = 'exact' | 'rounded' | 'other';

/** What rounding a constant to a few digits more than float32 has, or to the 11 bits of float16, leaves. */
const EXACT = 3e-7;
const HALF_PRECISION = 2e-3;

/**
 * How near the constants are to those of the kernel. `rounded`: somebody wrote 1.4142 for √2, and results move by less
 * than sums taken in another order do.
 */
export function nearness(dtype: DataType | null, terms: readonly Term[]): Nearness {
  if (terms.every(({ found, wanted }) => near(found, wanted, dtype === 'float16' ? HALF_PRECISION : EXACT))) {
    return 'exact';
  }
  return terms.every(({ found, wanted, tolerance }) => near(found, wanted, tolerance)) ? 'rounded' : 'other';
}

/** A formula found around a seed, to become one operator. */
export interface Spelt {
  readonly rule: string;
  readonly seed: Node;
  readonly gated: Gated;
  readonly operator: Operator | string;
  /** What the nodes spell: `x·Φ(x)`. */
  readonly formula: string;
  readonly constants: Nearness;
  /** The clause for constants that are others. */
  readonly otherwise: string;
}

export function toFound({ model }: PassContext, spelt: Spelt): Found {
  const { rule, seed, gated, operator, formula, constants, otherwise } = spelt;
  const rounded = constants === 'rounded';
  const { anchor, nodes, x } = gated;
  const made = typeof operator === 'string' ? null : operator;
  return {
    rule,
    anchor,
    nodes,
    reason: gated.reason ?? (constants === 'other' ? otherwise : typeof operator === 'string' ? operator : null),
    what: `Replaces ${nodes.length} nodes around ${label(model, seed)} by one ${made?.opType ?? 'node'}: they spell ${formula}${rounded ? ', with rounded constants' : ''}.`,
    ...(rounded ? { preserves: 'order' } : {}),
    apply: (build) => {
      const { opType, domain, attributes = [] } = defined(made, 'an operator');
      if (domain !== '') build.opset(domain, 1);
      build.take(defined(anchor.outputs[0], 'the result'), build.node(opType, [x], { domain, attributes }));
    },
  };
}
