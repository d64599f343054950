import { defined } from '../../base/assert.ts';
import { getGraph, getTensor } from '../../ir/attribute.ts';
import { DATA_TYPES, type DataType } from '../../ir/types.ts';
import { constantTensor } from '../../ops/constants.ts';
import type { Call, RefOp, RefTable } from './call.ts';
import { filled, fromTensor, refTensor, tabulate } from './tensor.ts';

const dtypeOf = (c: Call, fallback: DataType): DataType => {
  const code = c.int('dtype', -1);
  return code < 0 ? fallback : defined(DATA_TYPES[code], 'an element type');
};

const constantOfShape: RefOp = (c) => {
  const tensor = getTensor(c.node, 'value');
  const value = tensor ? fromTensor(tensor) : filled('float32', [1], 0);
  return filled(value.dtype, c.numbers(0) ?? [], value.data[0]!);
};

const range: RefOp = (c) => {
  const [start, limit, delta] = [c.number(0, 0), c.number(1, 0), c.number(2, 1)];
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  return refTensor(
    c.input(0).dtype,
    [length],
    Array.from({ length }, (_, i) => start + i * delta),
  );
};

const eyeLike: RefOp = (c) => {
  const k = c.int('k', 0);
  return tabulate(dtypeOf(c, c.input(0).dtype), c.input(0).shape, (index) => Number(index[0]! + k === index[1]));
};

export const CONSTANTS: RefTable = {
  Constant: (c) => fromTensor(defined(constantTensor(c.node), 'the tensor of a Constant')),
  ConstantOfShape: constantOfShape,
  Range: range,
  EyeLike: eyeLike,
  If: (c) =>
    c.runGraph(defined(getGraph(c.node, c.input(0).data[0] === 0 ? 'else_branch' : 'then_branch'), 'a branch')),
};
