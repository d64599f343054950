import type { Exactness } from '../../base/exactness.ts';
import type { Json } from '../../base/json.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { driven, type Rule } from '../../rewrite/rule.ts';
import { compileRule } from '../../rewrite/written/compile.ts';
import { parseWrittenRule } from '../../rewrite/written/parse.ts';

interface Compiled {
  readonly rules: readonly Rule[];
  readonly class: Exactness;
}

const NONE: Compiled = { rules: [], class: 'order' };
/** By its JSON: the same rule is looked for at every round and site. */
const known = new Map<string, Compiled>();

/** Throws `bad-request` that names the field and the character where the rule is not one. */
function compiled({ options }: PassContext): Compiled {
  const value: Json = options['rule'] ?? null;
  if (value === null) return NONE;
  const key = JSON.stringify(value);
  const ready = known.get(key);
  if (ready) return ready;
  const written = parseWrittenRule(value);
  const made = { rules: [compileRule(written)], class: written.class };
  known.clear();
  known.set(key, made);
  return made;
}

const { find, apply } = driven((context) => compiled(context).rules);

/**
 * A rewrite that a person wrote: a pattern over operators and what takes its place. It is matched, named and undone as
 * every other one, and kept only where the check of its class agrees.
 */
export const userRule: Pass = {
  id: 'user-rule',
  group: 'edit',
  title: 'Apply a rule of your own',
  why: 'A pattern that only your models have is rewritten by a rule that you write, and checked like any other.',
  options: { rule: { type: 'json', default: null, label: 'Rule' } },
  preserves: 'order',
  needs: [],
  backends: ['wasm', 'webgpu', 'portable'],
  repeats: false,
  checked: true,
  find(context) {
    const { sites, refusals } = find(context);
    const preserves = compiled(context).class;
    return { sites: sites.map((site) => ({ ...site, preserves })), refusals };
  },
  apply,
};
