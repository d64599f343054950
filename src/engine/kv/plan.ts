import type { Json } from '../../base/json.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { policyOf } from '../../kv/policy.ts';
import type { CachePolicy } from '../../kv/types.ts';
import type { OptionValues } from '../../rewrite/pass.ts';
import { SYNTHETIC } from '../calibration.ts';
import type { Stop } from '../document.ts';
import { findAllSites } from '../sites.ts';
import { runStep, stepOf, type StepContext } from '../steps.ts';
import type { ApplyRequest } from '../types.ts';

/** A policy as steps behind a stop, and the model that they lead to. */
export interface Planned {
  readonly base: number;
  readonly requests: readonly ApplyRequest[];
  readonly stop: Stop;
}
/** Why it cannot be had, and where. */
export interface Refused {
  readonly base: number;
  readonly reason: string;
  readonly nodes: readonly number[];
}

interface Surroundings extends Pick<StepContext, 'port' | 'weights' | 'job'> {
  stopOf(index: number): Stop;
}

/** How a decoder keeps what it has seen; `none` where it keeps nothing. */
export const keptBy = ({ model }: Stop): CachePolicy =>
  readDecoderIo(model).cache.length === 0 ? { kind: 'none' } : policyOf(model);

const PASSES: Readonly<Record<Exclude<CachePolicy['kind'], 'none' | 'dense'>, string>> = {
  'sliding-window': 'sliding-window-cache',
  streaming: 'streaming-cache',
  int8: 'quantize-kv-cache',
  paged: 'page-kv-cache',
};
const ADD = 'add-kv-cache';
const DEFER = 'defer-rotary';
/** Steps that are there for a policy: another one may begin before them. */
const PREPARING: ReadonlySet<string> = new Set([ADD, DEFER]);

const sameValues = (a: object, b: object): boolean =>
  Object.entries(a).every(([key, value]) => (b as Readonly<Record<string, Json>>)[key] === value);

/** Steps on copies: nothing that is open changes. Models on the way are kept for as long as their stop is. */
export class PolicyPlanner {
  private readonly around: Omit<Surroundings, 'job'>;
  private readonly made = new WeakMap<Stop, Map<string, Promise<Stop>>>();

  constructor(around: Omit<Surroundings, 'job'>) {
    this.around = around;
  }

  /**
   * How to have a policy in the model of a stop: from the last stop before any policy, with what it wants in front of it.
   * Throws `unsupported` where the model is no decoder.
   */
  async plan(index: number, policy: CachePolicy, job: StepContext['job']): Promise<Planned | Refused> {
    let base = index;
    while (base > 0 && !this.isFree(base)) base--;
    const first = await this.from(base, policy, job);
    if (!('reason' in first)) return first;
    while (base > 0 && PREPARING.has(this.around.stopOf(base).outcome?.step.pass ?? '')) {
      base--;
      const earlier = await this.from(base, policy, job);
      if (!('reason' in earlier)) return earlier;
    }
    return first;
  }

  private isFree(index: number): boolean {
    return policyOf(this.around.stopOf(index).model).kind === 'dense';
  }

  private async from(base: number, policy: CachePolicy, job: StepContext['job']): Promise<Planned | Refused> {
    let stop = this.around.stopOf(base);
    const here = keptBy(stop);
    const requests: ApplyRequest[] = [];
    const plan = (): Planned => ({ base, requests, stop });
    if (here.kind === policy.kind && sameValues(here, policy)) return plan();
    // A file that was rewritten before it was opened.
    if (here.kind !== 'none' && here.kind !== 'dense' && policy.kind === 'dense')
      return { base, reason: `The cache of the file is ${here.kind} already: open the file from before.`, nodes: [] };
    const take = async (pass: string, options: OptionValues = {}): Promise<void> => {
      const request = { pass, options, off: [] };
      stop = await this.after(stop, requests.length, request, job);
      requests.push(request);
    };
    if (policy.kind === 'none') return plan();
    if (here.kind === 'none') {
      const refused = await this.refusal(stop, ADD, {}, job);
      if (refused) return { base, ...refused };
      await take(ADD);
    }
    if (policy.kind === 'dense') return plan();
    const { kind, ...options } = policy;
    const pass = PASSES[kind];
    let refused = await this.refusal(stop, pass, options, job);
    if (refused && kind === 'streaming' && !(await this.refusal(stop, DEFER, {}, job))) {
      await take(DEFER);
      refused = await this.refusal(stop, pass, options, job);
    }
    if (refused) return { base, ...refused };
    await take(pass, options);
    return plan();
  }

  /** Why a pass has no site; null: it has one. */
  private async refusal(
    stop: Stop,
    pass: string,
    options: OptionValues,
    job: StepContext['job'],
  ): Promise<Pick<Refused, 'reason' | 'nodes'> | null> {
    const search = { stop, backend: 'wasm', port: this.around.port, calibration: SYNTHETIC, job } as const;
    const [found] = await findAllSites([pass], { [pass]: options }, search);
    if (found && found.sites.length > 0) return null;
    const [first] = found?.refusals ?? [];
    return {
      reason: found?.unavailable ?? first?.reason ?? 'Nothing here is attention whose keys and values are kept.',
      nodes: first?.nodes ?? [],
    };
  }

  private after(before: Stop, index: number, request: ApplyRequest, job: StepContext['job']): Promise<Stop> {
    const all = this.made.get(before) ?? new Map<string, Promise<Stop>>();
    this.made.set(before, all);
    const key = JSON.stringify([request.pass, request.options]);
    const known = all.get(key);
    if (known) return known;
    const { port, weights } = this.around;
    const context: StepContext = { backend: 'wasm', port, calibration: SYNTHETIC, weights, job, revision: () => 0 };
    const made = runStep(before, index, stepOf(request), context);
    // One of each pass: whoever tries one size after the other wants the last one.
    for (const each of all.keys()) if (each.startsWith(`["${request.pass}"`)) all.delete(each);
    all.set(key, made);
    made.catch(() => all.delete(key));
    return made;
  }
}
