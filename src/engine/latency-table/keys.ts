import type { Analysis } from '../../analysis/analyze.ts';
import type { Attribute } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { isInteger, staticShape, type DataType, type ValueId } from '../../ir/types.ts';
import type { Json } from '../../base/json.ts';
import { sinceVersion } from '../../ops/registry.ts';
import { isTensor } from '../../ops/shapes.ts';
import type { Folded } from './folded.ts';
import type { Fragment } from './fragments.ts';
import { typeAt } from './sized.ts';

/** Constants of so many elements at most are told by value: they say what an operator does, not what it computes on. */
const TOLD = 16;

/** Values that a fragment reads from outside or writes to it. */
export interface FragmentEnds {
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

export function endsOf(analysis: Analysis, { nodes }: Fragment, folded: Folded): FragmentEnds {
  const made = new Set(nodes.flatMap((node) => node.outputs.filter((value) => value !== null)));
  const own = new Set(nodes.map(({ id }) => id));
  const read = nodes.flatMap((node) => node.inputs.filter((value) => value !== null));
  const defaults = analysis.model.graph.initializers;
  const inputs = [...new Set(read)].filter((value) => !made.has(value) && !folded.has(value) && !defaults.has(value));
  const outputs = [...made].filter((value) => {
    const { uses } = analysis.model.getValue(value);
    return analysis.model.isGraphOutput(value) || uses.some(({ node }) => !own.has(node));
  });
  return { inputs, outputs };
}

/**
 * What the time of a fragment depends on, as canonical JSON: operators with their version, attributes and element types,
 * shapes of what is read, constants apart from inputs (weights are packed on loading), and the contents of small
 * constants of whole numbers. Null: a shape or type is not known.
 */
export function keyOf(analysis: Analysis, fragment: Fragment, folded: Folded): string | null {
  const written = new KeyWriter(analysis, folded).write(fragment);
  return written === null ? null : JSON.stringify(written);
}

class KeyWriter {
  private readonly analysis: Analysis;
  private readonly folded: Folded;
  private readonly names = new Map<ValueId, string>();

  constructor(analysis: Analysis, folded: Folded) {
    this.analysis = analysis;
    this.folded = folded;
  }

  write({ nodes }: Fragment): Json | null {
    const written: Json[] = [];
    for (const [place, node] of nodes.entries()) {
      const inputs = node.inputs.map((value) => (value === null ? null : this.value(value)));
      if (inputs.includes('?')) return null;
      node.outputs.forEach((value, index) => {
        if (value !== null) this.names.set(value, `${place}.${index}`);
      });
      const version = sinceVersion(node, this.analysis.model.opset(node.domain));
      const attributes = [...node.attributes]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, each]): Json => [name, attributeJson(each)]);
      const operator = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
      written.push([`${operator}-${version}`, attributes, inputs, node.outputs.length]);
    }
    return written;
  }

  private value(value: ValueId): Json {
    const known = this.names.get(value);
    if (known !== undefined) return known;
    const type = typeAt(this.analysis, value);
    const shape = isTensor(type) ? staticShape(type.shape) : null;
    if (!isTensor(type) || !shape || type.dtype === 'undefined') return '?';
    const isDefault = this.analysis.model.graph.initializers.has(value);
    if (isDefault && !this.folded.has(value)) return [`default ${type.dtype}`, shape, this.contents(value, type.dtype)];
    if (this.folded.has(value)) return [`const ${type.dtype}`, shape, this.contents(value, type.dtype)];
    const name = `in${this.names.size}`;
    this.names.set(value, name);
    return [name, type.dtype, shape];
  }

  private contents(value: ValueId, dtype: DataType): Json {
    const whole = isInteger(dtype) || dtype === 'bool';
    const known = whole ? this.analysis.contents(value) : null;
    if (known && known.length <= TOLD) return known.map(String);
    const { initializers } = this.analysis.model.graph;
    const tensor = this.analysis.constant(value) ?? initializers.get(value);
    if (!tensor || tensor.dtype === 'string' || tensor.size > (whole ? TOLD : 1)) return null;
    return Array.from(tensor.numbers(), String);
  }
}

const utf8 = new TextDecoder();

function attributeJson(attribute: Attribute): Json {
  switch (attribute.type) {
    case 'float':
      return String(attribute.value);
    case 'int':
      return String(attribute.value);
    case 'string':
      return utf8.decode(attribute.value);
    case 'floats':
    case 'ints':
      return attribute.value.map(String);
    case 'strings':
      return attribute.value.map((each) => utf8.decode(each));
    case 'tensor':
      return tensorJson(attribute.value);
    default:
      return attribute.type;
  }
}

const tensorJson = (tensor: Tensor): Json => [
  tensor.dtype,
  tensor.shape,
  tensor.dtype === 'string' || tensor.size > TOLD ? null : Array.from(tensor.numbers(), String),
];
