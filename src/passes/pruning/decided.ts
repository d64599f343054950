import type { PassContext, Site } from '../../rewrite/pass.ts';

/**
 * The sites that a recipe decided on; all of them where a name has changed since, for the recipe to find its own by what
 * stands there.
 */
export function decidedOf(sites: readonly Site[], { decided }: PassContext): readonly Site[] {
  const known = sites.filter((site) => decided.has(site.key));
  return known.length === decided.size ? known : sites;
}
