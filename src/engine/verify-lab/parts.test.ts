import { describe, expect, it } from 'vitest';
import { analyze } from '../../analysis/analyze.ts';
import type { Model } from '../../ir/model.ts';
import { buildModel } from '../../testing/build.ts';
import { frontiers } from './parts.ts';

/** x → a → b → c → y, and x → d, which c reads too. */
const model: Model = buildModel({}, (g) => {
  const x = g.input('x', [4]);
  const op = (type: string, name: string, ...inputs: (typeof x)[]) =>
    g.op(type, inputs, {}, { name: `node.${name}`, outputs: [name] });
  const b = op('Neg', 'b', op('Abs', 'a', x));
  g.output(op('Sin', 'y', op('Add', 'c', b, op('Cos', 'd', x))), 'y');
});
const analysis = analyze(model);
const valueOf = (name: string) => [...model.values.values()].find((value) => value.name === name)!.id;

/** Errors by value; those above 0.1 part. What is not named was not compared. */
const where = (errors: Readonly<Record<string, number>>) =>
  frontiers(
    analysis,
    Object.entries(errors).map(([name, error]) => ({ value: valueOf(name), error, parts: error > 0.1 })),
  ).map(({ value, before, between }) => [model.getValue(value).name, before, between]);

describe('the first values that part', () => {
  it('are those whose inputs agree', () => {
    expect(where({ a: 0, b: 0.02, c: 5, d: 0.01, y: 3 })).toEqual([['c', 0.02, []]]);
    expect(where({ a: 0, b: 0, c: 0, d: 0, y: 0 })).toEqual([]);
  });

  it('may be several, on branches of their own', () => {
    expect(
      where({ a: 0, b: 1, c: 1, d: 1, y: 1 })
        .map(([name]) => name)
        .toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual(['b', 'd']);
  });

  it('name what lies between where some values were not compared', () => {
    expect(where({ a: 0.01, y: 1 })).toEqual([['y', 0.01, ['Cos node.d', 'Neg node.b', 'Add node.c']]]);
  });

  it('begin anew behind a value that agrees once more', () => {
    expect(where({ a: 1, b: 0, c: 0, d: 0, y: 1 }).map(([name]) => name)).toEqual(['a', 'y']);
  });

  it('do not count what only passes an error on through values that were not compared', () => {
    expect(where({ a: 1, y: 1 }).map(([name]) => name)).toEqual(['a']);
  });
});
