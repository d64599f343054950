import { parseSiteKey } from '../rewrite/hash.ts';
import type { Site } from '../rewrite/pass.ts';
import { allSites, type Chosen, type SiteChooser } from '../rewrite/run.ts';
import type { SiteChoice } from './types.ts';

/**
 * Finds recipe keys among the sites of a model: by the whole key, then by rule and name (the structure changed), then
 * by rule and hash where just one site has it (the names changed). Each site answers to one key at most.
 */
export function matchKeys(keys: readonly string[], sites: readonly Site[]): Map<string, Site> {
  const found = new Map<string, Site>();
  const free = new Set(sites);
  const take = (key: string, candidates: readonly Site[]): void => {
    const [site] = candidates;
    if (!site || candidates.length > 1) return;
    found.set(key, site);
    free.delete(site);
  };
  const open = (): string[] => keys.filter((key) => !found.has(key));
  const pick = (holds: (wanted: SiteName, site: SiteName) => boolean): void => {
    const named = [...free].map((site) => [site, parseSiteKey(site.key)] as const);
    for (const key of open()) {
      const wanted = parseSiteKey(key);
      const alike = named.filter(([site, name]) => free.has(site) && name.rule === wanted.rule && holds(wanted, name));
      take(
        key,
        alike.map(([site]) => site),
      );
    }
  };
  const byKey = new Map(sites.map((site) => [site.key, site]));
  for (const key of keys)
    take(
      key,
      [byKey.get(key)].filter((site) => site !== undefined),
    );
  if (open().length > 0) pick((wanted, site) => wanted.name === site.name);
  if (open().length > 0) pick((wanted, site) => wanted.hash === site.hash);
  return found;
}

type SiteName = ReturnType<typeof parseSiteKey>;

/** The chooser for one run of a step. */
export function chooserFor(choice: SiteChoice): SiteChooser {
  if (choice === 'all') return allSites();
  return 'except' in choice ? exceptChooser(choice.except) : listChooser(choice);
}

function listChooser(keys: readonly string[]): SiteChooser {
  const open = new Set(keys);
  return {
    choose(sites) {
      const chosen = [...matchKeys([...open], sites)].map(([key, site]): Chosen => ({ site, key }));
      for (const { key } of chosen) open.delete(key);
      return inOrder(chosen, sites);
    },
    lost: () => [...open],
  };
}

/** In the order of the graph, whatever the order of the list. */
function inOrder(chosen: Chosen[], sites: readonly Site[]): Chosen[] {
  const place = new Map(sites.map((site, i) => [site, i]));
  return chosen.sort((a, b) => (place.get(a.site) ?? 0) - (place.get(b.site) ?? 0));
}

function exceptChooser(except: readonly string[]): SiteChooser {
  const open = new Set(except);
  return {
    choose(sites) {
      const off = matchKeys(except, sites);
      for (const key of off.keys()) open.delete(key);
      const out = new Set(off.values());
      return sites.filter((site) => !out.has(site)).map((site) => ({ site, key: site.key }));
    },
    lost: () => [...open],
  };
}
