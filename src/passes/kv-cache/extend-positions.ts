import { getInts } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueId } from '../../ir/types.ts';
import { textInputs } from '../../kv/flow/inputs.ts';
import { formulaOf, longer, rowsAxis, type Formula } from '../../kv/flow/tables.ts';
import { label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { constantInts } from '../../rewrite/known.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';

const RULE = 'positions';

interface Found {
  readonly value: ValueId;
  readonly table: Tensor;
  readonly readers: readonly Node[];
  readonly formula: Formula;
}

/** Whether a value is computed from sizes, masks and places alone: constants, Shape of anything, inputs of such names. */
function follower({ model }: PassContext): (value: ValueId) => boolean {
  const known = new Map<ValueId, boolean>();
  const isPlace = (value: ValueId): boolean => /position|offset|mask|past_length/i.test(model.getValue(value).name);
  const follows = (value: ValueId): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    known.set(value, false);
    const { producer } = model.getValue(value);
    const node = producer && model.getNode(producer.node);
    const found = node
      ? node.opType === 'Shape' || node.inputs.every((each) => each === null || follows(each))
      : model.graph.initializers.has(value) || isPlace(value);
    known.set(value, found);
    return found;
  };
  return follows;
}

/** Tables whose rows are taken by the length of the text, or by positions. */
function lookAt(context: PassContext): readonly (Found | Refusal)[] {
  const { model } = context;
  const isText =
    textInputs(context) !== null || model.graph.inputs.some((id) => /past|cache/i.test(model.getValue(id).name));
  if (!isText) return [];
  const follows = follower(context);
  const tables = new Map<ValueId, Node[]>();
  for (const id of model.graph.nodes) {
    const node = model.getNode(id);
    const [value = null, ...how] = node.inputs;
    if (
      value === null ||
      !model.graph.initializers.has(value) ||
      !/^(Slice|Gather)$/.test(node.opType) ||
      node.domain !== ''
    )
      continue;
    const isConstant = how.every((each) => each === null || model.graph.initializers.has(each));
    if (isConstant || !how.every((each) => each === null || follows(each))) continue;
    tables.set(value, [...(tables.get(value) ?? []), node]);
  }
  return [...tables].flatMap(([value, readers]) => foundIn(context, value, readers));
}

function foundIn(context: PassContext, value: ValueId, readers: readonly Node[]): readonly (Found | Refusal)[] {
  const { model } = context;
  const table = model.graph.initializers.get(value)!;
  const { name, uses } = model.getValue(value);
  const refusal = (reason: string): Refusal => ({
    rule: RULE,
    nodes: readers.map(({ id }) => id),
    reason: sentence(reason),
  });
  const at = rowsAt(table);
  const rows = table.shape[at] ?? 0;
  if (table.shape.length < at + 2 || table.dtype === 'string') return [];
  for (const reader of readers) {
    const axes = reader.inputs[3] ?? null;
    const sliced = getInts(reader, 'axes', null) ?? (axes === null ? null : constantInts(context, axes));
    const taken = rowsAxis(reader, table.shape.length, sliced);
    if (!taken?.some((axis) => axis === at || axis === at + 1)) return [];
  }
  if (uses.length > readers.length) return [refusal(`the table ${name} is read as a whole too`)];
  if (!/^(float32|bool|uint8)$/.test(table.dtype))
    return [refusal(`the table ${name} is ${table.dtype}; only float32 tables are made longer`)];
  const formula = formulaOf(table.numbers(), rows, table.size / rows);
  if (!formula)
    return [
      refusal(
        `the table ${name} of ${rows} rows follows neither cos nor sin of positions, nor a triangle: positions that were learnt cannot be made up`,
      ),
    ];
  return [{ value, table, readers, formula }];
}

/** The axis of the rows: the first that has more than one. */
const rowsAt = ({ shape }: Tensor): number =>
  Math.max(
    0,
    shape.findIndex((size) => size > 1),
  );
const lengthOf = (context: PassContext): number => Number(context.options['positions']);

function toSite(context: PassContext, { value, table, readers, formula }: Found): Site {
  const { model } = context;
  const [anchor] = readers;
  const nodes = readers.map(({ id }) => id);
  const rows = table.shape[rowsAt(table)] ?? 0;
  const words =
    formula.kind === 'triangle'
      ? 'a triangular mask'
      : `${formula.kind} of positions, base ${Number(formula.base.toPrecision(6))}`;
  return {
    key: `${siteKey(model, RULE, anchor!, nodes)}:${model.getValue(value).name}`,
    rule: RULE,
    anchor: anchor!.id,
    nodes: [...new Set(nodes)],
    what: `Makes the table ${model.getValue(value).name} (${words}) ${lengthOf(context)} rows long, from ${rows}, for ${label(model, anchor!)}.`,
  };
}

function find(context: PassContext): Findings {
  const all = lookAt(context);
  const found = all.filter((each): each is Found => 'formula' in each);
  const short = found.filter(({ table }) => (table.shape[rowsAt(table)] ?? 0) < lengthOf(context));
  return {
    sites: short.map((each) => toSite(context, each)),
    refusals: all.filter((each): each is Refusal => 'reason' in each),
  };
}

function apply(context: PassContext, site: Site): boolean {
  const found = lookAt(context).find(
    (each): each is Found => 'formula' in each && toSite(context, each).key === site.key,
  );
  if (!found) return false;
  context.model.setInitializer(found.value, longer(found.table, rowsAt(found.table), found.formula, lengthOf(context)));
  // Slices of one table cut rows and columns one after the other: shapes that were declared for fewer rows no longer hold.
  for (const { outputs } of found.readers)
    for (const output of outputs) if (output !== null) context.model.getValue(output).type = null;
  return true;
}

/** Tables of positions that follow their formula hold more rows: the text may be longer than the file was made for. */
export const extendPositions: Pass = {
  id: 'extend-positions',
  group: 'kv-cache',
  title: 'Extend positions',
  why: 'A table of rotary angles or a triangular mask ends where its exporter stopped counting; the formula does not.',
  options: {
    positions: { type: 'number', default: 1024, min: 2, max: 16_384, step: 1, label: 'Positions' },
  },
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  looksFor: { chains: ['table → Slice or Gather by positions'], operators: ['Slice', 'Gather'] },
  find,
  apply: (context, site) => apply(context, site),
};
