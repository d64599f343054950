import { analyze, type Analysis } from '../analysis/analyze.ts';
import { CodedError } from '../base/error.ts';
import { SCOPES_PROPERTY } from '../analysis/scopes.ts';
import type { Json } from '../base/json.ts';
import { silentJob, type Job } from '../base/job.ts';
import { verifyModel } from '../ir/verify-model.ts';
import type { Model } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { anchorName, label } from './graphs.ts';
import { resolveOptions, unavailable } from './options.ts';
import { noFacts, type Facts } from './facts.ts';
import type { AppliedSite, Backend, Findings, OptionValues, Pass, PassContext, Refusal, Site } from './pass.ts';

/** A site that is to be applied, and the key under which the recipe knows it (names may have changed since). */
export interface Chosen {
  readonly site: Site;
  readonly key: string;
}

/** Says which sites are wanted; it lives as long as one step and sees the sites of each round. */
export interface SiteChooser {
  choose(sites: readonly Site[]): readonly Chosen[];
  /** Wanted keys that no round has shown. */
  lost(): readonly string[];
}

/** Every site, round after round. */
export const allSites = (): SiteChooser => ({
  choose: (sites) => sites.map((site) => ({ site, key: site.key })),
  lost: () => [],
});

/** Obtains what a pass `needs`; the engine's work. */
export type ObtainFacts = (pass: Pass, context: PassContext) => Promise<Facts>;

export interface RunSettings {
  readonly backend: Backend;
  readonly options?: OptionValues;
  readonly chooser?: SiteChooser;
  /** By site key: what was decided there; in place of the site's own decision. */
  readonly decisions?: Readonly<Record<string, Json>>;
  /** Names the step in generated names; default: the pass's id. */
  readonly step?: string;
  /** Of the model as it is given; made when left out. */
  readonly analysis?: Analysis;
  /** The model stays as it is: a copy is made once there is something to apply, and handed back. */
  readonly copies?: boolean;
  readonly obtain?: ObtainFacts;
  readonly job?: Job;
}

/** What a pass did to a model. */
export interface PassResult {
  /** After the pass; the very model that was given where nothing was applied, or it was not to be copied. */
  readonly model: Model;
  /** Of that model. */
  readonly analysis: Analysis;
  readonly applied: readonly AppliedSite[];
  /** Keys of sites that were there and not wanted. */
  readonly off: readonly string[];
  /** Wanted keys that were not found again. */
  readonly lost: readonly string[];
  readonly refusals: readonly Refusal[];
  /** Nodes, subgraphs included. */
  readonly removed: number;
  readonly added: number;
  /** By key, of the sites that were applied. */
  readonly decisions: Readonly<Record<string, Json>>;
  /** Constants came or went, or an input was frozen, though no node changed. */
  readonly changed: boolean;
}

/** A pass that goes on finding sites is stopped here. */
const MOST_ROUNDS = 64;

/**
 * Runs a pass over a model, which is edited unless the settings say that it is to be copied: finds, applies what is
 * chosen, verifies, and again where the pass `repeats` (or where sites of one round overlapped). Throws `bad-request` for a backend or option that the pass
 * does not take, `pass-failed` for a rewrite that went wrong; the edited model is then not to be used.
 */
export async function runPass(model: Model, pass: Pass, settings: RunSettings): Promise<PassResult> {
  const refused = unavailable(pass, settings.backend);
  if (refused !== null) throw new CodedError('bad-request', refused, { pass: pass.id, backend: settings.backend });
  const run = new PassRun(model, pass, settings);
  return run.toEnd();
}

/** What a pass would do to a model, without doing it. */
export async function findSites(model: Model, pass: Pass, settings: RunSettings): Promise<Findings> {
  const context = makeContext(model, pass, settings, settings.analysis ?? analyze(model));
  return pass.find(await withFacts(pass, context, settings.obtain));
}

function makeContext(model: Model, pass: Pass, settings: RunSettings, analysis: Analysis): PassContext {
  return {
    model,
    analysis,
    backend: settings.backend,
    facts: noFacts,
    options: resolveOptions(pass, settings.options ?? {}),
    decided: new Map(Object.entries(settings.decisions ?? {})),
    step: settings.step ?? pass.id,
  };
}

async function withFacts(pass: Pass, context: PassContext, obtain: ObtainFacts | undefined): Promise<PassContext> {
  if (pass.needs.length === 0 || !obtain) return context;
  return { ...context, facts: await obtain(pass, context) };
}

class PassRun {
  private model: Model;
  private copied = false;
  private readonly pass: Pass;
  private readonly settings: RunSettings;
  private readonly chooser: SiteChooser;
  private readonly job: Job;
  private readonly applied: AppliedSite[] = [];
  private readonly decisions: Record<string, Json> = {};

  constructor(model: Model, pass: Pass, settings: RunSettings) {
    this.model = model;
    this.pass = pass;
    this.settings = settings;
    this.chooser = settings.chooser ?? allSites();
    this.job = settings.job ?? silentJob();
  }

  async toEnd(): Promise<PassResult> {
    const { frontier } = this.model;
    const before = this.model.nodes.size;
    let last: { findings: Findings; off: readonly string[] } = { findings: { sites: [], refusals: [] }, off: [] };
    let analysis = this.settings.analysis ?? analyze(this.model);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const context = await this.context(analysis);
      const findings = this.guard(null, () => this.pass.find(context));
      const chosen = this.chooser.choose(findings.sites);
      const wanted = new Set(chosen.map((each) => each.site));
      last = { findings, off: findings.sites.filter((site) => !wanted.has(site)).map((site) => site.key) };
      const progress = await this.round(context, chosen);
      if (progress.applied > 0) analysis = analyze(this.model, { after: analysis });
      if (progress.applied === 0 || (!this.pass.repeats && !progress.overlapped)) break;
    }
    if (this.applied.length > 0) this.guard(null, () => verifyModel(this.model));
    const { nodes } = this.model;
    // Ids are never used again.
    const added = this.applied.length === 0 ? 0 : count(nodes.keys(), (id) => id >= frontier);
    return {
      model: this.model,
      analysis,
      applied: this.applied,
      off: last.off,
      lost: this.chooser.lost(),
      refusals: last.findings.refusals,
      removed: before + added - nodes.size,
      added,
      decisions: this.decisions,
      changed: this.applied.length > 0,
    };
  }

  private async context(analysis: Analysis): Promise<PassContext> {
    await this.job.checkpoint();
    const context = makeContext(this.model, this.pass, this.settings, analysis);
    return withFacts(this.pass, context, this.settings.obtain);
  }

  /** Applies the chosen sites, then puts the model in order. */
  private async round(
    found: PassContext,
    chosen: readonly Chosen[],
  ): Promise<{ applied: number; overlapped: boolean }> {
    if (chosen.length === 0) return { applied: 0, overlapped: false };
    if (this.settings.copies && !this.copied) this.model = this.model.clone();
    this.copied = true;
    const context = { ...found, model: this.model };
    let applied = 0;
    for (const [done, { site, key }] of chosen.entries()) {
      if (done % 64 === 0) this.job.progress({ stage: this.pass.title, done, total: chosen.length });
      await this.job.checkpoint();
      if (this.guard(site, () => this.applyOne(context, site, key))) applied++;
    }
    if (applied > 0) this.guard(null, () => this.model.sort());
    return { applied, overlapped: applied < chosen.length };
  }

  private applyOne(context: PassContext, site: Site, key: string): boolean {
    const { model } = this;
    const frontier = model.frontier;
    const ancestors = ancestorsOf(model, site.nodes);
    const scopes = scopesOfSite(model, site.nodes);
    const decision = this.settings.decisions?.[key] ?? site.decision;
    if (!this.pass.apply(context, site, decision)) return false;
    const added: NodeId[] = [];
    for (let id = frontier; id < model.frontier; id++) {
      const node = model.nodes.get(id as NodeId);
      if (!node) continue;
      added.push(node.id);
      node.madeBy ??= `${context.step}/${site.rule}`;
      if (node.ancestors.length === 0) node.ancestors = ancestors;
      if (scopes) node.extras = { metadataProps: scopes, ...node.extras };
    }
    if (decision !== undefined) this.decisions[key] = decision;
    const removed = site.nodes.filter((id) => !model.nodes.has(id));
    const { rule, title, preserves } = site;
    this.applied.push({ key, rule, removed, added, ...(title ? { title } : {}), ...(preserves ? { preserves } : {}) });
    return true;
  }

  /** Errors name the pass, the site and its node; those that already say what they are (`cancelled`, …) pass. */
  private guard<T>(site: Site | null, work: () => T): T {
    const node = site ? this.model.nodes.get(site.anchor) : undefined;
    const place = node ? label(this.model, node) : null;
    const output = node ? anchorName(this.model, node) : null;
    try {
      return work();
    } catch (error) {
      if (error instanceof CodedError && !['pass-failed', 'invalid-graph'].includes(error.code)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new CodedError(
        'pass-failed',
        `${this.pass.title} failed${place ? ` at ${place}` : ''}: ${message}`,
        { pass: this.pass.id, site: site?.key ?? null, node: place, output },
        { cause: error },
      );
    }
  }
}

/** Nodes of the opened model that these stand for, each once. */
function ancestorsOf(model: Model, nodes: readonly NodeId[]): readonly NodeId[] {
  const found = new Set<NodeId>();
  for (const id of nodes) {
    const node = model.nodes.get(id);
    if (!node) continue;
    for (const each of node.ancestors.length > 0 ? node.ancestors : [id]) found.add(each);
  }
  return [...found].sort((a, b) => a - b);
}

/** The scopes that the exporter wrote for the nodes of a site: what takes their place stands in them too. */
function scopesOfSite(model: Model, nodes: readonly NodeId[]): ReadonlyMap<string, string> | null {
  for (const id of nodes) {
    const written = model.nodes.get(id)?.extras.metadataProps?.get(SCOPES_PROPERTY);
    if (written !== undefined) return new Map([[SCOPES_PROPERTY, written]]);
  }
  return null;
}

function count<T>(items: Iterable<T>, holds: (item: T) => boolean): number {
  let n = 0;
  for (const item of items) if (holds(item)) n++;
  return n;
}
