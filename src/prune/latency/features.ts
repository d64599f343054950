import type { Analysis } from '../../analysis/analyze.ts';
import { getInt } from '../../ir/attribute.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import { valueTerms } from '../activation.ts';
import type { ChannelGraph } from '../groups.ts';
import { merge, productTerms, type Term } from '../terms.ts';
import type { LatencyFeature } from './types.ts';

/** Kernels whose time follows their work in the same way. */
type Kind = 'pointwise' | 'depthwise' | 'convolution' | 'product' | 'memory';

/** One way in which a kernel's time may follow the widths: terms of any scale. */
interface Shape {
  readonly name: 'MACs' | 'read' | 'written' | 'moved';
  readonly terms: readonly Term[];
}

/**
 * What a model's latency may be made of: the measured time of each node, taken to follow its MACs, what it reads or what
 * it writes, added up by kind of kernel; and a part that no width changes. How much of each is true is left to the fit.
 *
 * @param times of the whole model's nodes by the runtime's profile, in any unit; a node that has none was fused into
 *   another one
 * @param rest what the profile could not give to a node, in the same unit
 */
export function latencyFeatures(
  model: Model,
  analysis: Analysis,
  graph: ChannelGraph,
  times: ReadonlyMap<NodeId, number>,
  rest: number,
): readonly LatencyFeature[] {
  const found = new Map<string, Term[]>();
  const priors = new Map<string, number>();
  let fixed = rest;
  for (const [id, time] of times) {
    if (!model.nodes.has(id) || !(time > 0)) continue;
    const node = model.getNode(id);
    const shapes = shapesOf(analysis, graph, node);
    if (shapes.length === 0) fixed += time;
    for (const { name, terms } of shapes) {
      const key = `${kindOf(analysis, node)}: ${name}`;
      const list = found.get(key) ?? [];
      list.push(...scaled(terms, time));
      found.set(key, list);
      priors.set(key, (priors.get(key) ?? 0) + time / shapes.length);
    }
  }
  const total = [...priors.values()].reduce((sum, each) => sum + each, fixed);
  const features = Array.from(found, ([name, terms]): LatencyFeature => {
    return { name, prior: (priors.get(name) ?? 0) / total, terms: scaled(merge(terms), 1) };
  });
  const still = { name: 'fixed', prior: total > 0 ? fixed / total : 1, terms: [{ coefficient: 1, groups: [] }] };
  return [...features, still];
}

const totalOf = (terms: readonly Term[]): number => terms.reduce((sum, { coefficient }) => sum + coefficient, 0);

/** The same terms with another total. */
function scaled(terms: readonly Term[], total: number): Term[] {
  const factor = total / totalOf(terms);
  return terms.map(({ coefficient, groups }) => ({ coefficient: coefficient * factor, groups }));
}

/** Only those that are known and not nothing. */
function shapesOf(analysis: Analysis, graph: ChannelGraph, node: Node): readonly Shape[] {
  const sizes = (values: readonly (ValueId | null)[]): Term[] =>
    values.flatMap((value) => (value === null ? [] : [...valueTerms(analysis, graph, value)]));
  const read = sizes(node.inputs.filter((value) => value !== null && analysis.constant(value) === null));
  const written = sizes(node.outputs);
  const macs = analysis.cost(node).macs ?? 0;
  const shapes: readonly Shape[] =
    macs > 0
      ? [
          { name: 'MACs', terms: productTerms(graph, macs, graph.space.work.get(node.id) ?? []) },
          { name: 'read', terms: merge(read) },
          { name: 'written', terms: merge(written) },
        ]
      : [{ name: 'moved', terms: merge([...read, ...written]) }];
  return shapes.filter(({ terms }) => totalOf(terms) > 0);
}

const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv', 'FusedConv', 'NhwcConv', 'ConvTranspose', 'ConvInteger']);

function kindOf(analysis: Analysis, node: Node): Kind {
  if ((analysis.cost(node).macs ?? 0) === 0) return 'memory';
  if (!CONVOLUTIONS.has(node.opType)) return 'product';
  const weight = node.inputs[1];
  const shape = weight ? analysis.shape(weight) : null;
  const groups = getInt(node, 'group', 1);
  if (groups > 1) return shape?.[0] === groups ? 'depthwise' : 'convolution';
  const isPoint = node.opType !== 'ConvTranspose' && (shape?.slice(2).every((size) => size === 1) ?? false);
  return isPoint ? 'pointwise' : 'convolution';
}
