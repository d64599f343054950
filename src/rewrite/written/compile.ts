import { defined } from '../../base/assert.ts';
import {
  float,
  floatsAttribute,
  getFloat,
  getFloats,
  getInt,
  getInts,
  getString,
  int,
  ints,
  string,
} from '../../ir/attribute.ts';
import type { Attribute, Node } from '../../ir/model.ts';
import type { DataType, ValueId } from '../../ir/types.ts';
import { attributeSpec } from '../../ops/attributes.ts';
import type { Build } from '../build.ts';
import { label } from '../graphs.ts';
import { dtypeOf, rankOf, sameShape, shapeOf } from '../known.ts';
import { constantOf } from '../match.ts';
import type { PassContext } from '../pass.ts';
import {
  any,
  constant,
  node,
  op,
  optional,
  scalar,
  type Captures,
  type Constant,
  type OpPattern,
  type Pattern,
  type Slots,
} from '../pattern.ts';
import { rule, type Rule, type Where } from '../rule.ts';
import { eagerly, isFoldable } from '../weights.ts';
import { calls, names } from './parse.ts';
import type { CallExpression, Condition, Expression, Literal, WrittenRule } from './types.ts';

/** Captured values by name, and matched nodes by label. */
type Found = Readonly<Record<string, unknown>>;

/** Nodes are captured under names that no value can have. */
const slotOfNode = (index: number): string => `#${index}`;

/** A written rule as the driver runs it: near misses, reasons, names and provenance are those of every other rule. */
export function compileRule(written: WrittenRule): Rule {
  const nodes = [...calls(written.pattern)];
  return rule({
    name: written.name,
    captures: capturesOf(written, nodes.length),
    pattern: (slots) => toPattern(written.pattern, slots, nodes) as OpPattern,
    fits: (m, where) => nodes.every((call, i) => hasAttributes(where, m[slotOfNode(i)] as Node, call)),
    when: (m, where) => unmet(written, m, where) ?? replaceable(written, m, where),
    what: (m, { model }) =>
      `${written.name}: replaces ${nodes.map((_, i) => label(model, m[slotOfNode(i)] as Node)).join(', ')}.`,
    apply: (m, build, where) => replace(written, nodes, m, build, where),
  });
}

function capturesOf({ pattern }: WrittenRule, nodes: number): Captures {
  const captures: Record<string, Captures[string]> = {};
  for (const each of names(pattern)) {
    const kind = each.constant ? constant : any;
    captures[each.name] = each.optional ? optional<unknown>(kind) : kind;
  }
  for (let i = 0; i < nodes; i++) captures[slotOfNode(i)] = node;
  return captures;
}

function toPattern(expression: Expression, slots: Slots<Captures>, nodes: readonly CallExpression[]): Pattern | null {
  switch (expression.kind) {
    case 'absent':
      return null;
    case 'number':
      return scalar(expression.value);
    case 'name':
      return defined(slots[expression.name], expression.name);
    case 'call': {
      const { opType, domain } = splitOperator(expression.operator);
      const inputs = expression.inputs.map((each) => toPattern(each, slots, nodes));
      const as = slots[slotOfNode(nodes.indexOf(expression))] as never;
      return op(opType, inputs, { domain, as, more: expression.more });
    }
    default:
      return expression satisfies never;
  }
}

/** `com.microsoft.Gelu` → Gelu of com.microsoft. */
function splitOperator(operator: string): { opType: string; domain: string } {
  const at = operator.lastIndexOf('.');
  return { opType: operator.slice(at + 1), domain: operator.slice(0, Math.max(at, 0)) };
}

const specOf = ({ model }: PassContext, target: Pick<Node, 'opType' | 'domain'>, name: string) =>
  attributeSpec(target, model.opset(target.domain), name);

/** Attributes that the pattern names have those values, by themselves or by the operator's default. */
function hasAttributes(context: PassContext, target: Node, { attributes }: CallExpression): boolean {
  return attributes.every(([name, wanted]) => {
    const fallback = specOf(context, target, name)?.fallback ?? null;
    const own = target.attributes.get(name);
    const value = own ? read(target, name, own) : fallback;
    return JSON.stringify(value) === JSON.stringify(wanted) || isClose(value, wanted);
  });
}

function read(target: Node, name: string, { type }: Attribute): unknown {
  switch (type) {
    case 'int':
      return getInt(target, name, null);
    case 'float':
      return getFloat(target, name, null);
    case 'string':
      return getString(target, name, null);
    case 'ints':
      return getInts(target, name, null);
    case 'floats':
      return getFloats(target, name, null);
    default:
      return null;
  }
}

/** A float is kept in 24 bits; a person writes 0.1. */
const isClose = (value: unknown, wanted: Literal): boolean =>
  typeof value === 'number' && typeof wanted === 'number' && Math.abs(value - wanted) <= 1e-6 * Math.abs(wanted);

/** A literal as the attribute that the operator wants there; where no table knows it, whole numbers are `int`. */
function toAttribute(
  context: PassContext,
  target: Pick<Node, 'opType' | 'domain'>,
  name: string,
  value: Literal,
): Attribute {
  if (typeof value === 'string') return string(value);
  const type = specOf(context, target, name)?.type;
  if (typeof value === 'number') return type === 'float' || !Number.isInteger(value) ? float(value) : int(value);
  return type === 'floats' || !value.every(Number.isInteger) ? floatsAttribute(value) : ints(value);
}

const valueOf = (found: Found, name: string): ValueId | null => {
  const bound = found[name] as ValueId | Constant | null | undefined;
  return bound === null || bound === undefined ? null : typeof bound === 'object' ? bound.value : bound;
};

function unmet({ where }: WrittenRule, found: Found, context: Where): string | null {
  const failed = where.find((condition) => !holds(condition, found, context));
  return failed ? `the condition ${failed.text} does not hold, or is not proven` : null;
}

function holds(condition: Condition, found: Found, context: PassContext): boolean {
  const value = valueOf(found, condition.of);
  if (value === null) return false;
  switch (condition.kind) {
    case 'rank':
      return rankOf(context, value) === condition.wanted;
    case 'size':
      return constantOf(context, value)?.size === condition.wanted;
    case 'dim':
      return shapeOf(context, value)?.at(condition.axis) === condition.wanted;
    case 'dtype':
      return dtypeOf(context, value) === condition.wanted;
    case 'same': {
      const other = valueOf(found, condition.other);
      return other !== null && sameShape(context, value, other);
    }
    default:
      return condition satisfies never;
  }
}

/** Numbers of the replacement become constants of the result's type. */
function replaceable({ replace: wanted }: WrittenRule, found: Found, context: Where): string | null {
  if (wanted.kind === 'name') {
    const value = valueOf(found, wanted.name);
    if (value === null) return `${wanted.name} is left out here`;
    if (context.model.isGraphOutput(resultOf(context.anchor)))
      return 'its result is a graph output, which has to be computed';
  }
  if (wanted.kind !== 'call' && wanted.kind !== 'name') return 'a replacement is an operator or a value of the pattern';
  const numbers = [...calls(wanted)].some((call) => call.inputs.some(({ kind }) => kind === 'number'));
  if (numbers && !isFoldable(dtypeOf(context, resultOf(context.anchor)))) {
    return 'the replacement has numbers, and the type of the result is not known to be a float';
  }
  return null;
}

const resultOf = (anchor: Node): ValueId => defined(anchor.outputs[0], `the result of ${anchor.opType}`);

function replace(
  { replace: wanted }: WrittenRule,
  nodes: readonly CallExpression[],
  found: Found,
  build: Build,
  context: Where,
): void {
  const result = resultOf(context.anchor);
  if (wanted.kind === 'name') {
    build.model.replaceAllUses(result, defined(valueOf(found, wanted.name), wanted.name));
    return;
  }
  const dtype = dtypeOf(context, result) ?? 'float32';
  const emitter = new Emitter(build, context, nodes, found, dtype);
  if (wanted.kind === 'call') build.take(result, emitter.node(wanted));
}

/** Builds the replacement, inputs first. */
class Emitter {
  private readonly build: Build;
  private readonly context: PassContext;
  private readonly nodes: readonly CallExpression[];
  private readonly found: Found;
  private readonly dtype: DataType;
  private made = 0;

  constructor(build: Build, context: PassContext, nodes: readonly CallExpression[], found: Found, dtype: DataType) {
    this.build = build;
    this.context = context;
    this.nodes = nodes;
    this.found = found;
    this.dtype = dtype;
  }

  node(call: CallExpression): Node {
    const target = splitOperator(call.operator);
    const inputs = call.inputs.map((each) => this.value(each));
    const attributes = new Map<string, Attribute>();
    for (const each of call.spread) {
      const source = this.found[slotOfNode(this.nodes.findIndex(({ label: own }) => own === each))] as Node;
      for (const [name, attribute] of source.attributes) attributes.set(name, attribute);
    }
    for (const [name, value] of call.attributes) attributes.set(name, toAttribute(this.context, target, name, value));
    if (target.domain !== '') this.build.opset(target.domain, 1);
    this.made += 1;
    return this.build.node(target.opType, inputs, { domain: target.domain, attributes, label: String(this.made) });
  }

  private value(expression: Expression): ValueId | null {
    switch (expression.kind) {
      case 'absent':
        return null;
      case 'name':
        return valueOf(this.found, expression.name);
      case 'number':
        this.made += 1;
        return this.build.constant(`number-${this.made}`, eagerly(this.dtype, [], [expression.value]));
      case 'call':
        return this.build.output(this.node(expression), `value-${this.made}`, null);
      default:
        return expression satisfies never;
    }
  }
}
