import type { Job } from '../../base/job.ts';
import type { Json } from '../../base/json.ts';
import type { Model } from '../../ir/model.ts';
import { policyOf } from '../../kv/policy.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { OptionValues } from '../../rewrite/pass.ts';
import type { Stop } from '../document.ts';
import type { ApplyRequest } from '../types.ts';
import { ADD_CACHE, DEFER, hasCache, withPolicy, type PolicyName, type WithPolicy } from './policies.ts';

/** A policy as steps behind a stop, and the model that they lead to. */
export interface Planned {
  readonly base: number;
  readonly requests: readonly ApplyRequest[];
  readonly model: Model;
}
/** Why it cannot be had from there. */
export interface Refused {
  readonly base: number;
  readonly reason: string;
}
type Made = Pick<WithPolicy, 'model' | 'steps'> | { readonly reason: string };
/** What was made with the options that are its key. */
interface Kept {
  readonly key: string;
  readonly made: Made;
}

/** How a decoder keeps what it has seen; `none` where it keeps nothing. */
export const keptBy = (model: Model): CachePolicy => (hasCache(model) ? policyOf(model) : { kind: 'none' });

/** Steps that are there for a policy: another one may begin before them. */
const PREPARING: ReadonlySet<string> = new Set([ADD_CACHE, DEFER]);

const sameValues = (a: object, b: object): boolean =>
  Object.entries(a).every(([key, value]) => (b as Readonly<Record<string, Json>>)[key] === value);

/** Policies on copies: nothing that is open changes. What was made last of each kind is kept for as long as its stop is. */
export class PolicyPlanner {
  private readonly stopOf: (index: number) => Stop;
  private readonly made = new WeakMap<Model, Map<PolicyName, Kept>>();

  constructor(stopOf: (index: number) => Stop) {
    this.stopOf = stopOf;
  }

  /**
   * How to have a policy in the model of a stop: from the last stop before any policy, or from before what was put there
   * for one.
   */
  async plan(index: number, policy: CachePolicy, job: Job): Promise<Planned | Refused> {
    let base = index;
    while (base > 0 && policyOf(this.stopOf(base).model).kind !== 'dense') base--;
    const first = await this.from(base, policy, job);
    if (!('reason' in first)) return first;
    while (base > 0 && PREPARING.has(this.stopOf(base).outcome?.step.pass ?? '')) {
      base--;
      const earlier = await this.from(base, policy, job);
      if (!('reason' in earlier)) return earlier;
    }
    return first;
  }

  private async from(base: number, policy: CachePolicy, job: Job): Promise<Planned | Refused> {
    const { model } = this.stopOf(base);
    const here = keptBy(model);
    if (policy.kind === 'none' || (here.kind === policy.kind && sameValues(here, policy)))
      return { base, requests: [], model };
    // A file that was rewritten before it was opened.
    if (here.kind !== 'none' && here.kind !== 'dense')
      return { base, reason: `The cache of the file is ${here.kind} already: open the file from before.` };
    const { kind, ...options } = policy;
    const dense = await this.with(model, 'dense', {}, job);
    const made = 'reason' in dense || kind === 'dense' ? dense : await this.with(dense.model, kind, options, job);
    if ('reason' in made) return { base, reason: made.reason };
    const steps = made === dense || 'reason' in dense ? made.steps : [...dense.steps, ...made.steps];
    return { base, requests: steps.map((step) => ({ ...step, off: [] })), model: made.model };
  }

  private async with(model: Model, policy: PolicyName, options: OptionValues, job: Job): Promise<Made> {
    const all = this.made.get(model) ?? new Map<PolicyName, Kept>();
    this.made.set(model, all);
    const key = JSON.stringify(options);
    const known = all.get(policy);
    if (known?.key === key) return known.made;
    const made = await withPolicy(model, policy, options, job);
    all.set(policy, { key, made });
    return made;
  }
}
