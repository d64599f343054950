import { ints } from '../../ir/attribute.ts';
import type { Node } from '../../ir/model.ts';
import type { NodeId, ValueId, ValueType } from '../../ir/types.ts';
import { Build, bypass, bypassRefusal, removeIfUnusedConstant, removeWithConstants } from '../../rewrite/build.ts';
import { bodyGraphs, label } from '../../rewrite/graphs.ts';
import { siteKey } from '../../rewrite/hash.ts';
import { constantOf } from '../../rewrite/match.ts';
import type { Findings, Pass, PassContext, Site } from '../../rewrite/pass.ts';
import { any, node, op } from '../../rewrite/pattern.ts';
import { rule, rulePass } from '../../rewrite/rule.ts';
import { inputOf, outputOf } from './ends.ts';
import { composed, inverseOf, isIdentity, permOf, permuted, type Perm } from './permutation.ts';
import { regionAmong, regionsOf, sinksOf, type Region } from './transpose-regions.ts';

/** What two Transposes do together. Two that reverse the axes do nothing, however many there are. */
function together(context: PassContext, first: Node, second: Node): Perm | null {
  if (!first.attributes.has('perm') && !second.attributes.has('perm')) return [];
  const [before, after] = [permOf(context, first), permOf(context, second)];
  return before && after && before.length === after.length ? composed(before, after) : null;
}

/** From now on the Transpose moves the axes of `from` by `perm`; where that moves nothing, it goes. */
function retarget(context: PassContext, transpose: Node, from: ValueId, perm: Perm): void {
  const { model } = context;
  if (!isIdentity(perm)) {
    model.setInput(transpose, 0, from);
    transpose.attributes.set('perm', ints(perm));
  } else if (bypassRefusal(model, outputOf(transpose), from) === null) {
    bypass(model, transpose, outputOf(transpose), from);
  } else {
    model.setInput(transpose, 0, from);
    transpose.opType = 'Identity';
    transpose.attributes.delete('perm');
  }
}

/**
 * T2(T1(x)) = T(x) with perm[i] = perm1[perm2[i]].
 *
 * @param keeps the first one has further readers and stays: worth it only where the second one goes
 */
const chain = (keeps: boolean) =>
  rule({
    name: keeps ? 'undo' : 'chain',
    captures: { x: any, first: node, second: node },
    pattern: (c) => op('Transpose', [op('Transpose', [c.x], { as: c.first, keep: keeps })], { as: c.second }),
    fits: (m, where) => !keeps || isIdentity(together(where, m.first, m.second) ?? [1]),
    when: (m, where) => {
      const perm = together(where, m.first, m.second);
      if (!perm) return `the number of axes of ${label(where.model, m.first)} is not known`;
      return keeps ? bypassRefusal(where.model, outputOf(m.second), m.x) : null;
    },
    what: (m, where) =>
      isIdentity(together(where, m.first, m.second) ?? [])
        ? `Removes ${label(where.model, m.second)}: it undoes ${label(where.model, m.first)}.`
        : `Lets ${label(where.model, m.second)} do what ${label(where.model, m.first)} did too.`,
    apply: (m, _build, where) => {
      const perm = together(where, m.first, m.second);
      if (perm) retarget(where, m.second, m.x, perm);
    },
  });

const chains = rulePass({
  id: 'merge-transposes',
  group: 'cleanup',
  title: 'Merge transposes',
  why: 'Each Transpose copies a tensor; those that follow one another, or could, are done at once or cancel out.',
  options: {},
  preserves: 'bits',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: true,
  rules: [chain(false), chain(true)],
});

const RULE = 'push';

function toSite(context: PassContext, region: Region): Site {
  const { model } = context;
  const inner = region.inner.map((each) => each.node);
  const anchor = inner.at(-1) as Node;
  const nodes = [...region.sources, ...inner].map((each) => each.id);
  const ops = [...new Set(inner.map((each) => each.opType))].join(', ');
  const fewer = region.gain === 1 ? 'one Transpose less is' : `${region.gain} Transposes less are`;
  return {
    key: siteKey(model, RULE, anchor, nodes),
    rule: RULE,
    anchor: anchor.id,
    nodes,
    what: `Moves Transposes behind ${label(model, anchor)} (${ops}), which does not look at where elements lie: ${fewer} needed.`,
  };
}

/** Regions share no node with one another, nor with what the chains take. */
function find(context: PassContext): Findings {
  const found = chains.find(context);
  const taken = new Set<NodeId>(found.sites.flatMap((site) => site.nodes));
  const sites = [...found.sites];
  for (const graph of bodyGraphs(context.model)) {
    for (const region of regionsOf(context, graph)) {
      const touched = [...region.inner.map((each) => each.node), ...region.sources, ...sinkNodes(context, region)];
      if (touched.some((each) => taken.has(each.id))) continue;
      for (const each of touched) taken.add(each.id);
      sites.push(toSite(context, region));
    }
  }
  return { sites, refusals: found.refusals };
}

const sinkNodes = (context: PassContext, { inner, perm }: Region): Node[] =>
  inner.flatMap(({ node: each }) =>
    each.outputs.flatMap((output) =>
      output === null ? [] : sinksOf(context, output, perm).map(({ node: sink }) => sink),
    ),
  );

/** The type of x, where that of T(x) is known. */
function typeBefore(type: ValueType | null, perm: Perm): ValueType | null {
  if (type?.kind !== 'tensor' || type.shape?.length !== perm.length) return null;
  const { shape } = type;
  return { kind: 'tensor', dtype: type.dtype, shape: inverseOf(perm).map((axis) => shape[axis] ?? null) };
}

/** Puts the operators of a region before its Transposes: f(T(x)) = T(f'(x)). */
function push(context: PassContext, region: Region): void {
  const { model } = context;
  const plain = new Map(region.sources.map((source) => [outputOf(source), inputOf(source)]));
  const results: { old: ValueId; now: ValueId; build: Build }[] = [];
  for (const { node: each, crossing } of region.inner) {
    const build = new Build(context, RULE, each);
    for (const index of crossing.carriers) {
      model.setInput(each, index, plainInput(context, build, plain, inputOf(each, index), region.perm));
    }
    crossing.apply(each, build);
    each.outputs.forEach((old, index) => {
      if (old === null) return;
      model.detachOutput(old);
      const now = build.output(each, `plain${index}`, typeBefore(model.getValue(old).type, region.perm), index);
      plain.set(old, now);
      results.push({ old, now, build });
    });
  }
  for (const { old, now, build } of results) settle(context, build, old, now, region.perm);
  for (const value of plain.keys()) removeIfUnusedConstant(model, value);
  for (const source of region.sources) {
    if (!model.isUsed(outputOf(source))) removeWithConstants(model, source.id);
  }
}

function plainInput(
  context: PassContext,
  build: Build,
  plain: Map<ValueId, ValueId>,
  value: ValueId,
  perm: Perm,
): ValueId {
  const known = plain.get(value);
  if (known !== undefined) return known;
  const tensor = constantOf(context, value);
  if (!tensor || tensor.size === 1) return value;
  const made = build.constant(context.model.getValue(value).name, permuted(tensor, inverseOf(perm)));
  plain.set(value, made);
  return made;
}

/** Readers of a result that are Transposes take it as it is now; for all others it is transposed here. */
function settle(context: PassContext, build: Build, old: ValueId, now: ValueId, perm: Perm): void {
  const { model } = context;
  let current = now;
  for (const sink of sinksOf(context, old, perm)) {
    const result = outputOf(sink.node);
    const takesOver = isIdentity(sink.perm) && model.isGraphOutput(result) && !model.isGraphOutput(current);
    retarget(context, sink.node, current, sink.perm);
    if (takesOver) current = result;
  }
  if (!model.isUsed(old)) {
    model.removeValue(old);
    return;
  }
  build.take(old, build.node('Transpose', [current], { attributes: [['perm', ints(perm)]] }));
}

function apply(context: PassContext, site: Site): boolean {
  if (site.rule !== RULE) return chains.apply(context, site, undefined);
  if (site.nodes.some((id) => !context.model.nodes.has(id))) return false;
  const region = regionAmong(context, site.nodes);
  if (!region || region.inner.length + region.sources.length !== site.nodes.length) return false;
  push(context, region);
  return true;
}

/** Transposes that follow one another, and those that operators without a sense of place keep apart. */
export const mergeTransposes: Pass = { ...chains, find, apply };
