import { defined } from '../base/assert.ts';
import { loosest, type Exactness } from '../base/exactness.ts';
import { formatError } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { Model, Node } from '../ir/model.ts';
import type { NodeId, ValueId } from '../ir/types.ts';
import { replayStep } from '../recipe/replay.ts';
import type { RecipeStep } from '../recipe/types.ts';
import { analyze } from '../analysis/analyze.ts';
import { findSites } from '../rewrite/run.ts';
import { resolveOptions } from '../rewrite/options.ts';
import { label } from '../rewrite/graphs.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { OutputError, StopsRequest, VerifyRequest, VerifyResult } from '../verify/types.ts';
import { obtainFacts } from './facts.ts';
import { checkModels } from './check-models.ts';
import { withOutputs } from './interface.ts';
import type { OpenDocument } from './opened.ts';
import type { RuntimePort } from './ports.ts';
import { knownPass } from './steps.ts';
import type { Bisection, BrokenSite, BrokenValue } from './bisect-types.ts';

export interface BisectContext {
  readonly port: RuntimePort;
  readonly backend: Backend;
  readonly job: Job;
}

/** Values that are looked at between the rewritten place and the outputs. */
const MOST_VALUES = 200;

/**
 * "Which step broke it?" The first stop of the recipe whose outputs part from those of the original, found by halving;
 * within that step the first site; and behind that site the first value, in running order, that is not what it was.
 *
 * A class of `approximation` is held to `order` here: the question is then which step changes values at all.
 */
export async function bisect(
  document: OpenDocument,
  request: StopsRequest,
  context: BisectContext,
): Promise<Bisection> {
  const search = new Search(document, request, context);
  return search.run();
}

class Search {
  private readonly document: OpenDocument;
  private readonly request: StopsRequest;
  private readonly context: BisectContext;
  private checks = 0;

  constructor(document: OpenDocument, request: StopsRequest, context: BisectContext) {
    this.document = document;
    this.request = request;
    this.context = context;
  }

  async run(): Promise<Bisection> {
    const last = this.document.cursor;
    const whole = await this.stopAgainstOriginal(last);
    if (whole.verdict !== 'differs') return this.conclude({ verdict: whole.verdict, message: whole.message });
    const index = await this.firstBroken(last);
    const stop = this.document.stop(index);
    const { step, title } = defined(stop.outcome, 'the outcome of a step');
    const broken = { step: { index, pass: step.pass, title } };
    const site = await this.firstSite(index, step);
    if (!site) {
      const message = `${title} is the first step after which the outputs differ from the original; none of its sites does it alone, so that small differences add up.`;
      return this.conclude({ verdict: 'differs', ...broken, message });
    }
    const value = await this.firstValue(site.before, site.after);
    const where = value
      ? ` The first value that differs is ${value.name} (${value.producer}): ${formatError(value.maxRel)} relative, ${formatError(value.allowed)} allowed.`
      : '';
    return this.conclude({
      verdict: 'differs',
      ...broken,
      site: site.site,
      value,
      message: `Step ${index}, ${title}, is the first after which the outputs differ, and ${site.site.what ?? site.site.key} the first of its sites.${where}`,
    });
  }

  private conclude(found: Partial<Bisection> & Pick<Bisection, 'verdict' | 'message'>): Bisection {
    return { step: null, site: null, value: null, checks: this.checks, ...found };
  }

  /** Halving: stops up to `low` agree with the original, `high` does not. */
  private async firstBroken(last: number): Promise<number> {
    let [low, high] = [0, last];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const { verdict } = await this.stopAgainstOriginal(middle);
      if (verdict === 'differs') high = middle;
      else low = middle;
    }
    return high;
  }

  /** The shortest row of the step's sites, in the order in which they were applied, that differs from the step before. */
  private async firstSite(
    index: number,
    step: RecipeStep,
  ): Promise<{ site: BrokenSite; before: Model; after: Model } | null> {
    const { model } = this.document.stop(index - 1);
    const { applied } = await this.replay(model, step);
    const keys = [...new Set(applied.map(({ key }) => key))];
    const withFirst = async (count: number): Promise<Model> => {
      if (count === 0) return model;
      return (await this.replay(model, { ...step, sites: keys.slice(0, count) })).model;
    };
    const differs = async (count: number): Promise<boolean> => {
      const { verdict } = await this.compare(model, await withFirst(count), this.classOf(index));
      return verdict === 'differs';
    };
    if (keys.length === 0 || !(await differs(keys.length))) return null;
    let [low, high] = [0, keys.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (await differs(middle)) high = middle;
      else low = middle;
    }
    const key = defined(keys[high - 1], 'the key of a site');
    const before = await withFirst(high - 1);
    const site = await this.describe(before, step, key);
    return { site: { key, number: high, of: keys.length, ...site }, before, after: await withFirst(high) };
  }

  private async describe(model: Model, step: RecipeStep, key: string): Promise<Pick<BrokenSite, 'what' | 'nodes'>> {
    const { port, job, backend } = this.context;
    const { sites } = await findSites(model, knownPass(step.pass), {
      backend,
      options: resolveOptions(knownPass(step.pass), step.options),
      obtain: (pass, context) => obtainFacts(pass, context, port, job),
    });
    const site = sites.find((each) => each.key === key);
    return { what: site?.what ?? null, nodes: (site?.nodes ?? []).map((id) => label(model, model.getNode(id))) };
  }

  /** Values that both models have, behind what the site changed, shown as outputs of both and compared in order. */
  private async firstValue(before: Model, after: Model): Promise<BrokenValue | null> {
    const values = commonValues(before, after).slice(0, MOST_VALUES);
    if (values.length === 0) return null;
    const shown = (model: Model) =>
      withOutputs(
        { model, analysis: analyze(model) },
        values.filter((id) => !model.graph.outputs.includes(id)),
      );
    const { outputs } = await this.compare(shown(before), shown(after), 'order');
    const byName = new Map(outputs.map((each) => [each.name, each]));
    for (const id of values) {
      const error = byName.get(after.getValue(id).name);
      if (error && !error.ok) return brokenValue(after, id, error);
    }
    return null;
  }

  private async replay(model: Model, step: RecipeStep) {
    const { port, job, backend } = this.context;
    return replayStep(model, step, { backend, job, obtain: (pass, context) => obtainFacts(pass, context, port, job) });
  }

  private classOf(...steps: readonly number[]): Exactness {
    const exactness = loosest(steps.map((index) => this.document.stop(index).preserves));
    return exactness === 'approximation' ? 'order' : exactness;
  }

  private async stopAgainstOriginal(index: number): Promise<VerifyResult> {
    const { document } = this;
    const own = document.exactness(0, index);
    const { original, ports } = document.compared(0, index);
    const request = { ...this.full(own === 'approximation' ? 'order' : own), ...(ports ? { ports } : {}) };
    await this.announce(`Checking step ${index}`);
    return this.context.port.verify(original, document.parcel(index), request, this.context.job);
  }

  private async compare(before: Model, after: Model, exactness: Exactness): Promise<VerifyResult> {
    const { port, job } = this.context;
    await this.announce('Checking sites');
    return checkModels(port, [{ model: before }, { model: after }], this.full(exactness), job);
  }

  private full(exactness: Exactness): VerifyRequest {
    return { ...this.request, class: exactness };
  }

  private async announce(stage: string): Promise<void> {
    const { job } = this.context;
    await job.checkpoint();
    this.checks += 1;
    job.progress({ stage, done: this.checks });
  }
}

/** Float values of the main graph that both compute, behind the nodes that only one of them has, in running order. */
function commonValues(before: Model, after: Model): readonly ValueId[] {
  const touched = new Set<NodeId>();
  const found: ValueId[] = [];
  for (const id of after.graph.nodes) {
    const node = after.getNode(id);
    const old = before.nodes.get(id);
    const same = old !== undefined && isSameNode(before, old, after, node);
    const fed = node.inputs.some((input) => {
      const producer = input === null ? null : after.getValue(input).producer;
      return producer !== null && producer !== undefined && touched.has(producer.node);
    });
    if (same && !fed) continue;
    touched.add(id);
    for (const output of node.outputs) {
      if (output === null) continue;
      const earlier = before.values.get(output);
      if (earlier?.producer && earlier.name === after.getValue(output).name) found.push(output);
    }
  }
  return found;
}

const isSameNode = (before: Model, old: Node, after: Model, now: Node): boolean =>
  old.inputs.join() === now.inputs.join() &&
  sameAttributes(old.attributes, now.attributes) &&
  now.inputs.every(
    (input) => input === null || before.graph.initializers.get(input) === after.graph.initializers.get(input),
  );

const sameAttributes = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
  a.size === b.size && [...a].every(([name, attribute]) => b.get(name) === attribute);

function brokenValue(model: Model, id: ValueId, { maxAbs, maxRel, allowed }: OutputError): BrokenValue {
  const value = model.getValue(id);
  const producer = label(model, model.getNode(defined(value.producer, 'the producer of a compared value').node));
  return { name: value.name, producer, maxAbs, maxRel, allowed };
}
