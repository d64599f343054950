import { holdsGraphs } from '../ir/attribute.ts';
import { innerNodes, type Model, type Node } from '../ir/model.ts';
import type { Family } from '../ir/view.ts';
import { ATTENTION } from './attention.ts';
import { CONSTANTS } from './constants.ts';
import { CONTROL } from './control.ts';
import { CONV } from './conv.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { GATHER } from './gather.ts';
import { LOSS } from './loss.ts';
import { MATMUL } from './matmul.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOL } from './pool.ts';
import { QUANTIZE } from './quantize.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCE } from './reduce.ts';
import { RESHAPE } from './reshape.ts';
import { RESIZE } from './resize.ts';
import { SEQUENCE } from './sequence.ts';
import { SIGNAL } from './signal.ts';
import { SLICING } from './slicing.ts';
import type { OpRow, OpTable } from './types.ts';

/** Every operator that Whittle knows, by `Conv` or `com.microsoft.FusedConv`. What is not here is a barrier. */
export const OPERATORS: ReadonlyMap<string, OpRow> = new Map(
  [
    ATTENTION,
    CONSTANTS,
    CONTROL,
    CONV,
    ELEMENTWISE,
    GATHER,
    LOSS,
    MATMUL,
    NORMALIZATION,
    POOL,
    QUANTIZE,
    RECURRENT,
    REDUCE,
    RESHAPE,
    RESIZE,
    SEQUENCE,
    SIGNAL,
    SLICING,
  ].flatMap((table: OpTable) => Object.entries(table)),
);

/** A slot of an operator: its name in the specification. */
export interface Slot {
  readonly name: string;
  readonly optional: boolean;
  readonly variadic: boolean;
}

/** An operator as other layers see it. */
export interface OpSchema {
  readonly key: string;
  readonly row: OpRow;
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
}

/** What names an operator: `Conv`, `com.microsoft.FusedConv`. */
export const opKey = (node: Pick<Node, 'opType' | 'domain'>): string =>
  node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;

const schemas = new Map<string, OpSchema>();

/** The row of an operator with its slots spelt out; null: unknown, and so a barrier. */
export function schemaOf(node: Pick<Node, 'opType' | 'domain'>): OpSchema | null {
  const key = opKey(node);
  const ready = schemas.get(key);
  if (ready) return ready;
  const row = OPERATORS.get(key);
  if (!row) return null;
  const [inputs = '', outputs = ''] = row.signature.split('→');
  const schema = { key, row, inputs: slotsOf(inputs), outputs: slotsOf(outputs) };
  schemas.set(key, schema);
  return schema;
}

const slotsOf = (text: string): Slot[] =>
  text
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => ({ name: each.replace(/[?…]$/, ''), optional: each.endsWith('?'), variadic: each.endsWith('…') }));

/**
 * The node has every input that its operator requires, and a result. One that has not is no operator at all: rules pass
 * it by. Unknown operators require nothing.
 */
export function isWhole(node: Node): boolean {
  if (!node.outputs.some((output) => output !== null)) return false;
  const slots = schemaOf(node)?.inputs ?? [];
  return slots.every(({ optional }, index) => optional || (node.inputs[index] ?? null) !== null);
}

/** Name of slot `index`; a repeated slot is numbered (`inputs[2]`), one that no table knows is `input 2`. */
export function slotName(node: Pick<Node, 'opType' | 'domain'>, side: 'inputs' | 'outputs', index: number): string {
  const slots = schemaOf(node)?.[side];
  const slot = slots?.[Math.min(index, slots.length - 1)];
  if (!slots || !slot || (index >= slots.length && !slot.variadic)) return `${side.slice(0, -1)} ${index}`;
  return slot.variadic ? `${slot.name}[${index - slots.length + 1}]` : slot.name;
}

/** Colour and mark of an operator. */
export const familyOf = (node: Pick<Node, 'opType' | 'domain'>): Family =>
  OPERATORS.get(opKey(node))?.family ?? 'unknown';

/** The operator-set version that gives a node its meaning: the last one not above the imported version; 0: unknown. */
export function sinceVersion(node: Pick<Node, 'opType' | 'domain'>, imported: number): number {
  return OPERATORS.get(opKey(node))?.since.findLast((version) => version <= imported) ?? 0;
}

/**
 * Equal inputs give equal outputs, always. Unknown operators do not promise it, nor does Dropout once it has a
 * training_mode; nodes with subgraphs do when all that they hold does, which takes the model to see.
 */
export function isDeterministic(node: Node, model?: Model): boolean {
  const row = OPERATORS.get(opKey(node));
  if (!row || row.deterministic === false) return false;
  if (node.opType === 'Dropout' && node.domain === '' && (node.inputs[2] ?? null) !== null) return false;
  if (!holdsGraphs(node)) return true;
  if (!model) return false;
  for (const inner of innerNodes(model, node)) if (!isDeterministic(inner, model)) return false;
  return true;
}

const ML_DOMAIN = 'ai.onnx.ml';

/**
 * Where the operator is specified; null for domains that publish no page.
 *
 * @param since version of the operator set whose section is meant; 0: the whole page
 */
export function documentationUrl(domain: string, opType: string, since = 0): string | null {
  if (domain === '') {
    if (opType === 'SimplifiedLayerNormalization') return null;
    const section = since > 0 ? `#l-onnx-op-${opType.toLowerCase()}-${since}` : '';
    return `https://onnx.ai/onnx/operators/onnx__${opType}.html${section}`;
  }
  if (domain === ML_DOMAIN) return `https://onnx.ai/onnx/operators/onnx_aionnxml_${opType}.html`;
  if (domain === 'com.microsoft') {
    return `https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.${opType}`;
  }
  return null;
}
