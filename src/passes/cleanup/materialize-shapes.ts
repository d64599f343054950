import { getInt } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import { int64s } from '../../ir/tensor.ts';
import type { NodeId, Shape, ValueId } from '../../ir/types.ts';
import { removeUpwards, type Build } from '../../rewrite/build.ts';
import { cone } from '../../rewrite/constant-plan.ts';
import { bodyNodes, label, outputsOf } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { contentsOf, shapeOf } from '../../rewrite/known.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass, sentence } from '../../rewrite/rule.ts';
import { leadingToContradictions } from './contradictions.ts';
import { onlyReadBy, outputOf } from './ends.ts';
import { knownSizes } from './known-sizes.ts';
import { withOneLeft, type Target } from './reshape-target.ts';
import { sizeBehind } from './shape-elements.ts';

/** Elements of a vector of sizes: numbers, symbols, or null; null altogether: not even how many there are is known. */
function sizesIn(context: PassContext, value: ValueId): Shape {
  const contents = contentsOf(context, value);
  if (contents) return contents;
  const length = shapeOf(context, value)?.[0];
  return typeof length === 'number' ? Array.from({ length }, () => null) : null;
}

/** Whether element `index` of a vector of sizes is for sure the size of `axis` of `x`. */
function isSizeOf(context: PassContext, sizes: ValueId, index: number, x: ValueId, axis: number): boolean {
  const dim = shapeOf(context, x)?.[axis];
  const element = sizesIn(context, sizes)?.[index];
  if (typeof element === 'string' && element === dim) return true;
  const behind = typeof element === 'number' ? null : sizeBehind(context, sizes, index);
  return behind?.of === x && behind.axis === axis;
}

/** Computed, not constant yet, and not known altogether (which makes it one). */
function isOpen(context: PassContext, sizes: ValueId): boolean {
  if (context.model.getValue(sizes).producer === null) return false;
  const known = sizesIn(context, sizes)?.every((each) => typeof each === 'number') ?? false;
  return constantOf(context, sizes) === null && !known;
}

/** Reshape's constant: a size that is the input's at the same place is written 0, a single unknown one -1. */
function reshapeTarget(context: PassContext, reshape: Node, x: ValueId, sizes: ValueId): Target {
  const elements = sizesIn(context, sizes);
  if (!elements) return { reason: 'the number of sizes that it is given is not known' };
  if (getInt(reshape, 'allowzero', 0) === 1 && elements.includes(0)) return { reason: 'it is given a size of 0' };
  return withOneLeft(
    elements.map((element, i) => {
      if (typeof element === 'number') return element;
      return isSizeOf(context, sizes, i, x, i) ? 0 : null;
    }),
  );
}

/** Expand's constant: a size that is the input's is written 1, for 1 gives way. */
function expandTarget(context: PassContext, x: ValueId, sizes: ValueId): Target {
  const [elements, shape] = [sizesIn(context, sizes), shapeOf(context, x)];
  if (!elements || !shape) return { reason: 'the number of axes is not known' };
  const written = elements.map((element, i) => {
    if (typeof element === 'number') return element;
    const axis = i - elements.length + shape.length;
    return axis >= 0 && isSizeOf(context, sizes, i, x, axis) ? 1 : null;
  });
  return written.includes(null)
    ? { reason: 'a size that it is given is only known when it runs' }
    : { sizes: written as number[] };
}

/** Gives the node a constant in place of the sizes, and removes what only they needed. */
function settle({ model }: PassContext, build: Build, reader: Node, sizes: ValueId, target: Target): void {
  if (!('sizes' in target)) return;
  model.setInput(reader, 1, build.constant('shape', int64s(target.sizes)));
  const { producer } = model.getValue(sizes);
  if (producer) removeUpwards(model, model.getNode(producer.node));
}

const shown = (target: Target): string => ('sizes' in target ? `[${target.sizes.join(', ')}]` : '');

/** Why a node may not be given a constant shape, whatever it is. */
const DECLARED = 'a shape that the file declares behind it cannot be, which a constant would let the runtime see';

const reshape = rule({
  name: 'reshape',
  captures: { x: any, sizes: any, reshape: node },
  pattern: (c) => op('Reshape', [c.x, c.sizes], { as: c.reshape }),
  fits: (m, where) => isOpen(where, m.sizes),
  when: (m, where) => {
    if (leadingToContradictions(where).has(m.reshape.id)) return DECLARED;
    const target = reshapeTarget(where, m.reshape, m.x, m.sizes);
    return 'reason' in target ? target.reason : null;
  },
  what: (m, where) =>
    `Gives ${label(where.model, m.reshape)} the constant shape ${shown(reshapeTarget(where, m.reshape, m.x, m.sizes))}.`,
  apply: (m, build, where) => {
    const target = reshapeTarget(where, m.reshape, m.x, m.sizes);
    m.reshape.attributes.delete('allowzero');
    settle(where, build, m.reshape, m.sizes, target);
  },
});

const expand = rule({
  name: 'expand',
  captures: { x: any, sizes: any, expand: node },
  pattern: (c) => op('Expand', [c.x, c.sizes], { as: c.expand }),
  fits: (m, where) => isOpen(where, m.sizes),
  when: (m, where) => {
    if (leadingToContradictions(where).has(m.expand.id)) return DECLARED;
    const target = expandTarget(where, m.x, m.sizes);
    return 'reason' in target ? target.reason : null;
  },
  what: (m, where) =>
    `Gives ${label(where.model, m.expand)} the constant shape ${shown(expandTarget(where, m.x, m.sizes))}.`,
  apply: (m, build, where) => settle(where, build, m.expand, m.sizes, expandTarget(where, m.x, m.sizes)),
});

/** A Cast keeps the shape: where nothing but Shape and Size reads its result, they may as well read its input. */
const beforeCast = rule({
  name: 'before-cast',
  captures: { x: any, cast: node, measure: node },
  pattern: (c) => op(['Shape', 'Size'], [op('Cast', [c.x], { as: c.cast, keep: true })], { as: c.measure }),
  fits: (m, { model }) => onlyReadBy(model, outputOf(m.cast), ({ opType }) => opType === 'Shape' || opType === 'Size'),
  what: (m, { model }) => `Lets ${label(model, m.measure)} read what ${label(model, m.cast)} converts.`,
  apply: (m, _build, { model }) => {
    model.setInput(m.measure, 0, m.x);
    removeUpwards(model, m.cast);
  },
});

const rules = rulePass({
  id: 'materialize-shapes',
  group: 'cleanup',
  title: 'Materialize shapes',
  why: 'Where sizes are known beforehand, working them out at every run costs nodes and hides constants.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [reshape, expand, beforeCast],
});

const RULE = 'sizes';

/** Results that are known, of nodes whose readers do not all go with them. */
const wanted = ({ model }: PassContext, known: ReadonlySet<NodeId>, each: Node): ValueId[] =>
  outputsOf(each).filter(
    (output) => model.isGraphOutput(output) || model.getValue(output).uses.some((use) => !known.has(use.node)),
  );

function toSite({ model }: PassContext, anchor: Node, known: ReadonlySet<NodeId>): Site {
  const nodes = cone(model, anchor, known);
  const others = nodes.length === 1 ? '' : ` and the ${nodes.length - 1} before it`;
  const what = `Replaces ${label(model, anchor)}${others} by the sizes that it always gives.`;
  return { key: siteKey(model, RULE, anchor, nodes), rule: RULE, anchor: anchor.id, nodes, what };
}

function find(context: PassContext): Findings {
  const sizes = knownSizes(context);
  const contradicted = leadingToContradictions(context);
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  for (const each of bodyNodes(context.model)) {
    if (!sizes.nodes.has(each.id) || wanted(context, sizes.nodes, each).length === 0) continue;
    if (!contradicted.has(each.id)) sites.push(toSite(context, each, sizes.nodes));
    else refusals.push({ rule: RULE, nodes: [each.id], reason: sentence(DECLARED) });
  }
  const taken = new Set(sites.flatMap((site) => site.nodes));
  const found = rules.find(context);
  const apart = found.sites.filter((site) => !site.nodes.some((id) => taken.has(id)));
  return { sites: [...sites, ...apart], refusals: [...refusals, ...found.refusals] };
}

function apply(context: PassContext, site: Site): boolean {
  if (site.rule !== RULE) return rules.apply(context, site, undefined);
  const { model } = context;
  const anchor = model.nodes.get(site.anchor);
  if (!anchor) return false;
  const sizes = knownSizes(context);
  const outputs = outputsOf(anchor).filter((output) => model.isUsed(output));
  const tensors = outputs.map((output) => sizes.tensor(output));
  if (tensors.length === 0 || tensors.includes(null)) return false;
  outputs.forEach((output, i) => {
    const tensor = tensors[i];
    if (!tensor) return;
    model.detachOutput(output);
    model.setInitializer(output, tensor);
  });
  removeUpwards(model, anchor);
  return true;
}

/** Shape arithmetic whose result is known for every input becomes constant. */
export const materializeShapes: Pass = { ...rules, find, apply };
