import type { Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { Build, otherReaders, sweep } from './build.ts';
import { isWhole } from '../ops/registry.ts';
import { nodesOfTypes } from './anchors.ts';
import { siteKey } from './hash.ts';
import { candidates, type Candidate } from './match.ts';
import type { Findings, Pass, PassContext, Refusal, Site } from './pass.ts';
import { looksFor, slotsOf, type Bound, type Captures, type OpPattern, type Slots } from './pattern.ts';

/** What `when`, `what` and `apply` see besides their captures. */
export interface Where extends PassContext {
  /** The last node of the match. */
  readonly anchor: Node;
  /** Matched nodes, the anchor first; kept ones are not among them. */
  readonly nodes: readonly NodeId[];
}

export interface RuleParts<C extends Captures> {
  /** No colon. */
  readonly name: string;
  readonly captures: C;
  readonly pattern: (captures: Slots<C>) => OpPattern;
  /** What structure cannot say of the pattern; where it is false, this is no near miss either. */
  readonly fits?: (match: Bound<C>, where: Where) => boolean;
  /** The missing precondition, as a clause ("batch norm is in training mode"); null: all hold. */
  readonly when?: (match: Bound<C>, where: Where) => string | null;
  /** One sentence: what will happen here. */
  readonly what: (match: Bound<C>, where: Where) => string;
  /** Edits; matched nodes whose results nobody needs afterwards are removed by the driver. */
  readonly apply: (match: Bound<C>, build: Build, where: Where) => void;
}

/** A rule whose captures are closed over. */
export interface Rule {
  readonly name: string;
  readonly pattern: OpPattern;
  fits(candidate: Candidate, where: Where): boolean;
  check(candidate: Candidate, where: Where): string | null;
  what(candidate: Candidate, where: Where): string;
  apply(candidate: Candidate, build: Build, where: Where): void;
}

/** A rewrite at one place. Captures carry their types into `when`, `what` and `apply`; a misspelt one does not compile. */
export function rule<const C extends Captures>(parts: RuleParts<C>): Rule {
  const names = Object.keys(parts.captures);
  const bound = (candidate: Candidate): Bound<C> =>
    Object.fromEntries(names.map((name) => [name, candidate.slots.get(name) ?? null])) as Bound<C>;
  return {
    name: parts.name,
    pattern: parts.pattern(slotsOf(parts.captures)),
    fits: (candidate, where) => candidate.misses.length > 0 || (parts.fits?.(bound(candidate), where) ?? true),
    check: (candidate, where) => parts.when?.(bound(candidate), where) ?? null,
    what: (candidate, where) => parts.what(bound(candidate), where),
    apply: (candidate, build, where) => parts.apply(bound(candidate), build, where),
  };
}

/** What a pass is besides its rules. */
export type RulePassParts = Omit<Pass, 'find' | 'apply'> & { readonly rules: readonly Rule[] };

/** A pass made of rules: at each node the first rule that holds wins. */
export function rulePass({ rules, ...parts }: RulePassParts): Pass {
  return { looksFor: looksFor(rules.map((each) => each.pattern)), ...parts, ...driven(() => rules) };
}

/** `find` and `apply` of a pass whose rules may depend on its options. */
export function driven(rulesOf: (context: PassContext) => readonly Rule[]): Pick<Pass, 'find' | 'apply'> {
  return {
    find: (context) => findSites(context, byRoot(rulesOf(context))),
    apply: (context, site) => applySite(context, rulesOf(context), site),
  };
}

const roots = new WeakMap<readonly Rule[], ReadonlyMap<string, readonly Rule[]>>();

/** Rules by the operators at which they end. */
function byRoot(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const ready = roots.get(rules);
  if (ready) return ready;
  const found = new Map<string, Rule[]>();
  for (const each of rules) {
    for (const type of each.pattern.types) found.set(type, [...(found.get(type) ?? []), each]);
  }
  roots.set(rules, found);
  return found;
}

/** A match with its verdict. `reason` null: it holds. */
interface Verdict {
  readonly candidate: Candidate;
  readonly where: Where;
  readonly reason: string | null;
}

function judge(context: PassContext, rule: Rule, anchor: Node, candidate: Candidate): Verdict | null {
  const where: Where = { ...context, anchor, nodes: candidate.nodes };
  if (!rule.fits(candidate, where)) return null;
  const reason =
    candidate.misses[0] ?? otherReaders(context.model, candidate.nodes, anchor.id) ?? rule.check(candidate, where);
  return { candidate, where, reason };
}

/** The first match at a node that holds, else the first near miss. */
function bestMatch(context: PassContext, rule: Rule, anchor: Node): Verdict | null {
  let near: Verdict | null = null;
  for (const candidate of candidates(context, rule.pattern, anchor)) {
    if (!candidate.nodes.every((id) => isWhole(context.model.getNode(id)))) continue;
    const verdict = judge(context, rule, anchor, candidate);
    if (verdict?.reason === null) return verdict;
    near ??= verdict;
  }
  return near;
}

/** Sites of one round share no node: where two would, the first one in the graph's order is offered. */
function findSites(context: PassContext, rules: ReadonlyMap<string, readonly Rule[]>): Findings {
  const sites: Site[] = [];
  const refusals: Refusal[] = [];
  const taken = new Set<NodeId>();
  for (const anchor of nodesOfTypes(context, rules.keys())) {
    if (!isWhole(anchor)) continue;
    const misses: Refusal[] = [];
    for (const rule of rules.get(anchor.opType) ?? []) {
      const verdict = bestMatch(context, rule, anchor);
      if (!verdict) continue;
      const { candidate, where, reason } = verdict;
      if (reason === null) {
        misses.length = 0;
        if (candidate.nodes.some((id) => taken.has(id))) break;
        for (const id of candidate.nodes) taken.add(id);
        sites.push(toSite(context, rule, anchor, candidate, where));
        break;
      }
      misses.push({ rule: rule.name, nodes: candidate.nodes, reason: sentence(reason) });
    }
    refusals.push(...misses);
  }
  return { sites, refusals };
}

const toSite = (context: PassContext, rule: Rule, anchor: Node, candidate: Candidate, where: Where): Site => ({
  key: siteKey(context.model, rule.name, anchor, candidate.nodes),
  rule: rule.name,
  anchor: anchor.id,
  nodes: candidate.nodes,
  what: rule.what(candidate, where),
});

/** Matches again, for an earlier site may have changed what is here. */
function applySite(context: PassContext, rules: readonly Rule[], site: Site): boolean {
  const rule = rules.find((each) => each.name === site.rule);
  const anchor = context.model.nodes.get(site.anchor);
  if (!rule || !anchor || site.nodes.some((id) => !context.model.nodes.has(id))) return false;
  const verdict = bestMatch(context, rule, anchor);
  if (!verdict || verdict.reason !== null || verdict.candidate.nodes.join() !== site.nodes.join()) return false;
  rule.apply(verdict.candidate, new Build(context, rule.name, anchor), verdict.where);
  sweep(context.model, verdict.candidate.nodes);
  return true;
}

/** A clause as a sentence. */
export const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
