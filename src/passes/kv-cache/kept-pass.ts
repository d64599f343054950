import { followKept, type Kept } from '../../kv/kept/follow.ts';
import type { Stuck } from '../../kv/flow/types.ts';
import { policyOf } from '../../kv/policy.ts';
import { siteKey } from '../../rewrite/hash.ts';
import type { Pass, PassContext } from '../../rewrite/pass.ts';
import { sentence } from '../../rewrite/rule.ts';
import { withoutUnread } from './unread.ts';

export interface KeptRewrite extends Pick<Pass, 'id' | 'title' | 'why' | 'options' | 'preserves'> {
  readonly rule: string;
  /** It is a policy of its own: another one is not put on top of it. */
  readonly isPolicy: boolean;
  /** Why it cannot be done; null: it can. */
  reason(context: PassContext, kept: Kept): Stuck | null;
  what(context: PassContext, kept: Kept): string;
  rewrite(context: PassContext, kept: Kept): void;
}

/** A rewrite of a decoder that keeps keys and values: one site, the whole of it. */
export function keptPass(of: KeptRewrite): Pass {
  const { id, title, why, options, preserves, rule } = of;
  const lookAt = (context: PassContext): Kept | Stuck | null => {
    const { kind } = policyOf(context.model);
    if (kind !== 'dense' && of.isPolicy) return { nodes: [], reason: `the cache is ${kind} already` };
    const kept = followKept(context);
    if (kept === null || 'reason' in kept) return kept;
    if (context.model.opset() < 11) return { nodes: [], reason: 'places are counted with Range, which needs opset 11' };
    return of.reason(context, kept) ?? kept;
  };
  return {
    id,
    group: 'kv-cache',
    title,
    why,
    options,
    preserves,
    needs: [],
    backends: ['wasm', 'webgpu', 'portable'],
    repeats: false,
    changesInterface: true,
    looksFor: {
      chains: ['kept and new → Concat → MatMul → Softmax → MatMul'],
      operators: ['Concat', 'MatMul', 'Einsum', 'Softmax'],
    },
    find(context) {
      const kept = lookAt(context);
      if (kept === null) return { sites: [], refusals: [] };
      if ('reason' in kept)
        return { sites: [], refusals: [{ rule, nodes: kept.nodes, reason: sentence(kept.reason) }] };
      const nodes = kept.layers.flatMap(({ plan, key, value }) => [plan.softmax.id, key.concat.id, value.concat.id]);
      const anchor = kept.layers[0]!.plan.softmax;
      const key = siteKey(context.model, rule, anchor, nodes);
      return {
        sites: [
          {
            key,
            rule,
            anchor: anchor.id,
            nodes: [anchor.id, ...new Set(nodes.filter((each) => each !== anchor.id))],
            what: of.what(context, kept),
          },
        ],
        refusals: [],
      };
    },
    apply(context) {
      const kept = lookAt(context);
      if (kept === null || 'reason' in kept) return false;
      withoutUnread(context.model, () => of.rewrite(context, kept));
      return true;
    },
  };
}

/** A whole number of an option. */
export const numberOf = (context: PassContext, name: string): number => Number(context.options[name]);
