import type { Exactness } from '../../base/exactness.ts';
import type { NodeId } from '../../ir/types.ts';
import { fnv1a } from '../../rewrite/hash.ts';
import type { Findings, Need, OptionSpec, Pass, PassContext, PassGroup } from '../../rewrite/pass.ts';

/** What a hand edit would do at the place that its options name. */
export interface EditPlan {
  /** The name by which the place is found again. */
  readonly target: string;
  readonly anchor: NodeId;
  /** Nodes that are changed or removed, or that read what is changed. */
  readonly nodes: readonly NodeId[];
  /** In the recipe: "Rename Conv 3 to stem". */
  readonly title: string;
  /** One sentence: what will happen. */
  readonly what: string;
  readonly preserves?: Exactness;
  readonly apply: () => void;
}

interface EditSpec {
  readonly id: string;
  /** Default: `edit`. */
  readonly group?: PassGroup;
  /** Default: nothing. */
  readonly needs?: readonly Need[];
  readonly title: string;
  readonly why: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly preserves: Exactness;
  readonly changesInterface: boolean;
  /** What to give, said where nothing was given. */
  readonly ask: string;
  /** Null: the options name no place yet. Says no by `refuse`. */
  plan(context: PassContext): EditPlan | null;
}

class Refused extends Error {
  readonly nodes: readonly NodeId[];

  constructor(reason: string, nodes: readonly NodeId[]) {
    super(reason);
    this.nodes = nodes;
  }
}

/** Says why an edit cannot be done, in one sentence, and where. */
export function refuse(reason: string, nodes: readonly NodeId[] = []): never {
  throw new Refused(reason, nodes);
}

/**
 * A pass whose options name the one place where it applies. The plan is made once per look at a model, so that what is
 * applied is what was shown.
 */
export function editPass(spec: EditSpec): Pass {
  const plans = new WeakMap<PassContext, EditPlan>();
  const { id, title, why, options, preserves, changesInterface } = spec;
  return {
    id,
    group: spec.group ?? 'edit',
    title,
    why,
    options,
    preserves,
    needs: spec.needs ?? [],
    backends: ['wasm', 'webgpu', 'portable'],
    repeats: false,
    changesInterface,
    targeted: true,
    find: (context) => findings(spec, context, plans),
    apply(context) {
      const plan = plans.get(context) ?? spec.plan(context);
      plan?.apply();
      return plan !== null;
    },
  };
}

function findings(spec: EditSpec, context: PassContext, plans: WeakMap<PassContext, EditPlan>): Findings {
  try {
    const plan = spec.plan(context);
    if (!plan) return { sites: [], refusals: [{ rule: spec.id, nodes: [], reason: spec.ask }] };
    plans.set(context, plan);
    const { target, anchor, nodes, title, what, preserves } = plan;
    const key = `${spec.id}:${target}:${fnv1a(JSON.stringify(context.options))}`;
    const own = preserves === undefined ? {} : { preserves };
    return { sites: [{ key, rule: spec.id, anchor, nodes, what, title, ...own }], refusals: [] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { sites: [], refusals: [{ rule: spec.id, nodes: error.nodes, reason: error.message }] };
  }
}
