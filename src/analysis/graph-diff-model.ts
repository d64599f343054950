import type { Graph, Model } from '../ir/model.ts';
import { typeText } from '../ir/type-text.ts';
import type { ValueId } from '../ir/types.ts';
import type { Analysis } from './analyze.ts';
import type { ModelChange, PortChange, PortText } from './graph-diff-types.ts';

interface End {
  readonly analysis: Analysis;
  readonly graph: Graph;
}

/** A pair of graph inputs or outputs; null: there is no partner. */
interface PortPair {
  readonly a: ValueId | null;
  readonly b: ValueId | null;
}

const nameOf = ({ analysis }: End, id: ValueId): string => analysis.model.getValue(id).name;

/** Inputs with a default are constants that may be given: they are counted, not listed. */
const portsOf = ({ graph }: End, which: 'inputs' | 'outputs'): Set<ValueId> =>
  new Set(which === 'inputs' ? graph.inputs.filter((id) => !graph.initializers.has(id)) : graph.outputs);

/** Inputs (outputs) by name, the rest one after the other where their types agree, else in order. */
export function pairPorts(a: End, b: End, which: 'inputs' | 'outputs'): PortPair[] {
  const left = [...portsOf(a, which)];
  const right = portsOf(b, which);
  const pairs = new Map<ValueId, ValueId>();
  const take = (fits: (from: ValueId, to: ValueId) => boolean): void => {
    for (const from of left) {
      if (pairs.has(from)) continue;
      const to = [...right].find((each) => fits(from, each));
      if (to === undefined) continue;
      pairs.set(from, to);
      right.delete(to);
    }
  };
  take((from, to) => nameOf(a, from) === nameOf(b, to));
  take((from, to) => typeText(a.analysis.type(from)) === typeText(b.analysis.type(to)));
  const [order, other] = [left, [...portsOf(b, which)]];
  take((from, to) => order.indexOf(from) === other.indexOf(to));
  return [
    ...left.map((from) => ({ a: from, b: pairs.get(from) ?? null })),
    ...[...right].map((to) => ({ a: null, b: to })),
  ];
}

export function portChanges(a: End, b: End): PortChange[] {
  const text = (end: End, which: 'inputs' | 'outputs', id: ValueId | null): PortText | null =>
    id === null
      ? null
      : {
          name: nameOf(end, id),
          type: typeText(end.analysis.type(id)),
          position: [...portsOf(end, which)].indexOf(id),
        };
  return (['inputs', 'outputs'] as const).flatMap((which) =>
    pairPorts(a, b, which).flatMap((pair): PortChange[] => {
      const [before, after] = [text(a, which, pair.a), text(b, which, pair.b)];
      const parts = ['name', 'type', 'position'] as const;
      const what = before && after ? parts.filter((part) => before[part] !== after[part]) : [];
      if (before && after && what.length === 0) return [];
      return [{ port: which === 'inputs' ? 'input' : 'output', before, after, what }];
    }),
  );
}

/** What two models say of themselves, by key. */
function* factsOf(model: Model): Generator<readonly [string, string]> {
  for (const [domain, version] of model.opsetImports) {
    yield [domain === '' || domain === 'ai.onnx' ? 'Opset' : `Opset of ${domain}`, String(version)];
  }
  yield ['IR version', String(model.irVersion)];
  yield ['Made by', `${model.producerName} ${model.producerVersion}`.trim()];
  yield ['Domain', model.domain];
  yield ['Model version', String(model.modelVersion)];
  yield ['Graph name', model.graph.name];
  const defaults = model.graph.inputs.filter((id) => model.graph.initializers.has(id)).length;
  yield ['Inputs with a default', defaults === 0 ? '' : String(defaults)];
  yield ['Description', model.extras.docString ?? ''];
  for (const [key, value] of model.extras.metadataProps ?? []) yield [`Metadata ${key}`, value];
  for (const { domain, name, overload } of model.functions) {
    yield [`Function ${[domain, name, overload].filter((part) => part !== '').join('.')}`, 'defined'];
  }
}

export function modelChanges(a: Model, b: Model): ModelChange[] {
  const [left, right] = [new Map(factsOf(a)), new Map(factsOf(b))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((what) => {
    const [before, after] = [left.get(what) ?? '', right.get(what) ?? ''];
    return before === after ? [] : [{ what, before, after }];
  });
}
