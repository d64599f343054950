import type { ErrorRecord } from '../base/error.ts';
import type { PassInfo, PassSites } from '../engine/types.ts';

/**
 * What a pass has to say at a node: a site; a near miss with its reason; nothing here though it is about such operators;
 * nothing for this operator; or that it does not know yet, or cannot be used.
 */
export type WhyNot =
  | Said<'site' | 'near', { readonly index: number; readonly text: string }>
  | Said<'elsewhere' | 'other' | 'unavailable' | 'failed', { readonly text: string }>
  | Said<'waiting', unknown>;
/** One case for each kind, so that a kind tells the cases apart. */
type Said<K extends string, Rest> = K extends string ? { readonly pass: PassInfo; readonly kind: K } & Rest : never;

/** Places of a pass by node: indices into its sites and its refusals. */
interface PassIndex {
  readonly sites: ReadonlyMap<number, number>;
  readonly refusals: ReadonlyMap<number, readonly number[]>;
}

const indices = new WeakMap<PassSites, PassIndex>();

/** Made once for what a pass found: asking about a node does not walk all sites. */
function indexOf(found: PassSites): PassIndex {
  const known = indices.get(found);
  if (known) return known;
  const sites = new Map<number, number>();
  found.sites.forEach(({ nodes }, index) => {
    for (const node of nodes) if (!sites.has(node)) sites.set(node, index);
  });
  const refusals = new Map<number, number[]>();
  found.refusals.forEach(({ nodes }, index) => {
    for (const node of nodes) {
      const held = refusals.get(node);
      if (held) held.push(index);
      else refusals.set(node, [index]);
    }
  });
  const made = { sites, refusals };
  indices.set(found, made);
  return made;
}

/** `a`, `a or b`, `a, b or c`. */
const orList = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;

/** Why a pass that is about other operators, or found nothing, leaves a node alone. */
function general(pass: PassInfo, operator: string): { readonly kind: 'elsewhere' | 'other'; readonly text: string } {
  const { looksFor, why } = pass;
  if (looksFor === null) return { kind: 'elsewhere', text: why };
  if (!looksFor.operators.includes(operator)) {
    return { kind: 'other', text: `Looks for ${orList(looksFor.chains)}; this node is ${operator}.` };
  }
  const chains = looksFor.chains.filter((chain) => chain.split(/ → | or | /).includes(operator));
  const isAlone = chains.every((chain) => !chain.includes(' '));
  const text = isAlone
    ? `Looks at every ${operator}, and finds nothing to do at this one. ${why}`
    : `Looks for ${orList(chains)}; the neighbours of this ${operator} are others.`;
  return { kind: 'elsewhere', text };
}

function at(pass: PassInfo, found: PassSites, node: number, operator: string): readonly WhyNot[] {
  if (found.unavailable !== null) return [{ pass, kind: 'unavailable', text: found.unavailable }];
  const { sites, refusals } = indexOf(found);
  const index = sites.get(node);
  const site = index === undefined ? undefined : found.sites[index];
  if (index !== undefined && site) return [{ pass, kind: 'site', index, text: site.what }];
  const near = (refusals.get(node) ?? []).flatMap((each): WhyNot[] => {
    const refusal = found.refusals[each];
    return refusal ? [{ pass, kind: 'near', index: each, text: refusal.reason }] : [];
  });
  return near.length > 0 ? near : [{ pass, ...general(pass, operator) }];
}

/** What every pass has to say at a node of operator `operator`, in the order of the passes. */
export function whyNot(
  passes: readonly PassInfo[],
  sites: Readonly<Record<string, PassSites>>,
  errors: Readonly<Record<string, ErrorRecord>>,
  node: number,
  operator: string,
): readonly WhyNot[] {
  return passes.flatMap((pass): readonly WhyNot[] => {
    const found = sites[pass.id];
    if (found) return at(pass, found, node, operator);
    const error = errors[pass.id];
    return [error ? { pass, kind: 'failed', text: error.message } : { pass, kind: 'waiting' }];
  });
}
