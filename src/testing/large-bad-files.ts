import { entries, info, model, node, proto, type Row, type Rows } from './proto.ts';

const relu = (index: number, input: string): Row => [1, node('Relu', `relu${index}`, [input], [`r${index}`])];

const chain = (nodes: number): Rows =>
  Array.from({ length: nodes }, (_, index) => relu(index, index === 0 ? 'x' : `r${index - 1}`));
const ports = (output: string): Rows => [
  [11, info('x', ['batch', 8])],
  [12, info(output, ['batch', 8])],
];

/** A chain of nodes whose file breaks off in the middle of one. */
export function truncatedChain(nodes: number): Uint8Array<ArrayBuffer> {
  const whole = proto(model([...chain(nodes), ...ports(`r${nodes - 1}`)]));
  return whole.slice(0, Math.floor(whole.byteLength / 2));
}

/** A chain of nodes of which one in the middle reads what the last but ten gives. */
export function cyclicChain(nodes: number): Uint8Array<ArrayBuffer> {
  const rows = [...chain(nodes)];
  const middle = nodes >> 1;
  rows[middle] = [1, node('Add', `add${middle}`, [`r${middle - 1}`, `r${nodes - 10}`], [`r${middle}`])];
  return proto(model([...rows, ...ports(`r${nodes - 1}`)]));
}

const SIDE = 1024;

/** Products with weights that lie in `weights.bin`, which is not given; they would take `bytes` in all. */
export function withoutItsData(bytes: number): Uint8Array<ArrayBuffer> {
  const each = 4 * SIDE * SIDE;
  const layers = Math.ceil(bytes / each);
  const rows = Array.from({ length: layers }, (_, index): Rows => {
    const place = { location: 'weights.bin', offset: String(index * each), length: String(each) };
    const weight: Rows = [[1, SIDE], [1, SIDE], [2, 1], [8, `w${index}`], ...entries(13, place), [14, 1]];
    const input = index === 0 ? 'x' : `m${index - 1}`;
    return [
      [1, node('MatMul', `layers.${index}/matmul`, [input, `w${index}`], [`m${index}`])],
      [5, weight],
    ];
  });
  return proto(
    model([...rows.flat(), [11, info('x', ['batch', SIDE])], [12, info(`m${layers - 1}`, ['batch', SIDE])]]),
  );
}
