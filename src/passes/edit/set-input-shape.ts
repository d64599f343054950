import { formatShape } from '../../base/format.ts';
import type { Json } from '../../base/json.ts';
import type { Dim, Shape, ValueId } from '../../ir/types.ts';
import { bindDim, canonicalDim, symbolsOf } from '../../ops/dim.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { editPass, refuse } from './edit-pass.ts';
import { fedInputs, parseDim, planShapes, tensorTypeOf } from './input-shapes.ts';
import { inputNamed } from './targets.ts';

type Fields = Readonly<Record<string, Json>>;

function fieldsOf({ options }: PassContext, name: string): Fields {
  const value = options[name] ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  return refuse(`"${name}" must be an object: { "name": … }.`);
}

function parseShape(name: string, old: Shape, value: Json): Dim[] {
  if (!Array.isArray(value)) return refuse(`The shape of "${name}" must be a list of sizes.`);
  if (old !== null && old.length !== value.length) {
    return refuse(`"${name}" has ${old.length} dimensions; ${value.length} sizes were given.`);
  }
  return (value as readonly Json[]).map((dim, axis) => parseDim(dim, `Size ${axis} of "${name}"`));
}

/** Sizes for symbols, wherever they stand in the inputs, in expressions too. */
function bindSymbols({ model }: PassContext, symbols: Fields, into: Map<ValueId, Shape>): void {
  const sizes = Object.entries(symbols).map(([symbol, value]): [string, number] => {
    const dim = parseDim(value, `The size of ${symbol}`);
    return typeof dim === 'number' ? [symbol, dim] : refuse(`The size of ${symbol} must be a number.`);
  });
  const met = new Set<string>();
  for (const value of fedInputs(model)) {
    if (value.type?.kind !== 'tensor' || value.type.shape === null) continue;
    for (const dim of value.type.shape) symbolsOf(canonicalDim(dim), met);
    const bound = value.type.shape.map((dim) => bindDim(canonicalDim(dim), Object.fromEntries(sizes)));
    if (
      bound.some(
        (dim, axis) => dim !== canonicalDim(value.type?.kind === 'tensor' ? (value.type.shape?.[axis] ?? null) : null),
      )
    ) {
      into.set(value.id, bound);
    }
  }
  const missing = sizes.find(([symbol]) => !met.has(symbol));
  if (missing) refuse(`No input has the symbol "${missing[0]}". Symbols: ${[...met].join(', ') || 'none'}.`);
}

/** Shapes of inputs by name, and sizes of symbols. */
export const setInputShape = editPass({
  id: 'set-input-shape',
  title: 'Set input shapes',
  why: 'Fixed sizes let other passes fold shape arithmetic; other sizes suit other data.',
  options: {
    shapes: { type: 'json', default: {}, label: 'Shapes, by input' },
    symbols: { type: 'json', default: {}, label: 'Sizes, by symbol' },
  },
  preserves: 'bits',
  changesInterface: true,
  ask: 'Give shapes by input, such as {"x": [1, 3, 224, 224]}, or sizes by symbol, such as {"batch": 8}.',
  plan(context) {
    const [given, symbols] = [fieldsOf(context, 'shapes'), fieldsOf(context, 'symbols')];
    const names = [...Object.keys(given), ...Object.keys(symbols)];
    if (names.length === 0) return null;
    const shapes = new Map<ValueId, Shape>();
    bindSymbols(context, symbols, shapes);
    for (const [name, value] of Object.entries(given)) {
      const input = inputNamed(context.model, name);
      shapes.set(input.id, parseShape(name, tensorTypeOf(input).shape, value));
    }
    const [first] = shapes;
    const alone = shapes.size === 1 && first && Object.keys(symbols).length === 0;
    const title = alone
      ? `Set ${names[0]} to ${formatShape(first[1])}`
      : Object.keys(given).length > 0
        ? `Set the shapes of ${names.join(', ')}`
        : `Set ${Object.entries(symbols)
            .map(([symbol, size]) => `${symbol} to ${JSON.stringify(size)}`)
            .join(', ')}`;
    return planShapes(context, shapes, names[0] ?? '', title);
  },
});
