import { diffModels } from '../analysis/graph-diff.ts';
import type { Facet, GraphDiff, NodeChange } from '../analysis/graph-diff-types.ts';
import { changesView, unionView } from '../analysis/graph-diff-view.ts';
import { CodedError } from '../base/error.ts';
import { formatError, formatShape } from '../base/format.ts';
import type { Job } from '../base/job.ts';
import type { Node } from '../ir/model.ts';
import type { NodeId } from '../ir/types.ts';
import { layoutGraph } from '../layout/layout.ts';
import { opKey, slotName } from '../ops/registry.ts';
import { attributeSpec } from '../ops/attributes.ts';
import type {
  ComparedModel,
  CompareRequest,
  CompareSide,
  Comparison,
  Difference,
  FacetView,
  SecondView,
  UnionKind,
} from './compare-types.ts';
import type { Stop } from './document.ts';
import { attributeText } from './attribute-detail.ts';
import { nodeLabel } from './node-detail.ts';
import { OpenDocument, type OpenedFile } from './opened.ts';
import type { Picture } from './types.ts';

/** Below this share of common nodes a second model is laid out by itself. */
const ENOUGH_SHARED = 0.3;

interface Made {
  readonly key: string;
  readonly withSecond: boolean;
  readonly diff: GraphDiff;
  readonly pictures: { readonly a: Picture; readonly b: Picture };
  readonly unions: Map<UnionKind, Picture>;
}

/** Compares stops with each other and with a second model, which is kept here while it is wanted. */
export class Comparer {
  private second: OpenDocument | null = null;
  private last: Made | null = null;

  openSecond(file: OpenedFile): SecondView {
    this.second = new OpenDocument(file);
    this.forget();
    const { name, missing, warnings } = file;
    return { name, summary: this.second.stop(0).summary, missing, warnings };
  }

  /** The model beside the document. Throws `bad-request` where there is none. */
  get beside(): OpenDocument {
    if (!this.second) throw new CodedError('bad-request', 'No second model is open. Choose one to compare with.');
    return this.second;
  }

  /** Gives the memory back. */
  closeSecond(): void {
    this.second = null;
    this.forget();
  }

  /** A comparison of two stops holds still: its pictures may be asked for yet. */
  private forget(): void {
    if (this.last?.withSecond) this.last = null;
  }

  /** As `nodeLabel`, of the second model. */
  label(id: number): string {
    return this.second ? nodeLabel(this.second.file.model, id as NodeId) : `node ${id}`;
  }

  async difference(document: OpenDocument, request: CompareRequest, job: Job): Promise<Difference> {
    return this.told(document, request, await this.diff(document, request, job));
  }

  async compare(document: OpenDocument, request: CompareRequest, job: Job): Promise<Comparison> {
    const diff = await this.diff(document, request, job);
    job.progress({ stage: 'Laying out', total: this.stop(document, request.b).analysis.order.length });
    await job.checkpoint();
    const { pictures, sharedPlaces } = this.draw(document, request, diff);
    const withSecond = request.a === 'second' || request.b === 'second';
    this.last = { key: keyOf(request), withSecond, diff, pictures, unions: new Map() };
    return { ...this.told(document, request, diff), pictures, sharedPlaces };
  }

  /** Of the comparison that was made last. */
  picture = (request: Pick<CompareRequest, 'a' | 'b'>, which: 'a' | 'b'): Picture => this.made(request).pictures[which];

  /** Of the comparison that was made last. */
  union(request: Pick<CompareRequest, 'a' | 'b'>, kind: UnionKind): Picture {
    const last = this.made(request);
    const known = last.unions.get(kind);
    if (known) return known;
    const { a, b } = last.pictures;
    const view = (kind === 'overlay' ? unionView : changesView)(a.view, b.view, last.diff);
    const picture = { view, layout: layoutGraph(view), toggled: [] };
    last.unions.set(kind, picture);
    return picture;
  }

  private made(request: Pick<CompareRequest, 'a' | 'b'>): Made {
    const { last } = this;
    if (last?.key !== keyOf(request)) throw new CodedError('bad-request', 'These models were not compared yet.');
    return last;
  }

  private diff(document: OpenDocument, { a, b, weightBudget }: CompareRequest, job: Job): Promise<GraphDiff> {
    const lineage = (a === 'second') === (b === 'second');
    const [left, right] = [this.stop(document, a), this.stop(document, b)];
    job.progress({ stage: 'Inferring shapes' });
    return diffModels(left.analysis, right.analysis, { lineage, weightBudget, job });
  }

  private stop(document: OpenDocument, side: CompareSide): Stop {
    return side === 'second' ? this.beside.stop(0) : document.stop(side);
  }

  /** Stops keep their places as they are; a second model takes over those of what it shares. */
  private draw(document: OpenDocument, { a, b }: CompareRequest, diff: GraphDiff) {
    const { toggled } = document;
    if (a !== 'second' && b !== 'second') {
      const pictures = { a: document.stop(a).picture(toggled), b: document.stop(b).picture(toggled) };
      return { pictures, sharedPlaces: true };
    }
    const [left, right] = [this.stop(document, a).picture(toggled), this.stop(document, b).picture(toggled)];
    const partners = partnersOf(diff);
    if (a === b || partners.length < ENOUGH_SHARED * Math.max(left.view.nodeIds.length, right.view.nodeIds.length)) {
      return { pictures: { a: left, b: right }, sharedPlaces: a === b };
    }
    const follower = b === 'second' ? right : left;
    const leader = b === 'second' ? left : right;
    const placed = follow(leader, follower, new Map(b === 'second' ? partners : partners.map(([x, y]) => [y, x])));
    const pictures = b === 'second' ? { a: left, b: placed.picture } : { a: placed.picture, b: right };
    return { pictures, sharedPlaces: placed.kept };
  }

  private told(document: OpenDocument, { a, b }: CompareRequest, diff: GraphDiff): Difference {
    const [left, right] = [this.stop(document, a), this.stop(document, b)];
    const steps = a !== 'second' && b !== 'second' ? document.stops.slice(Math.min(a, b), Math.max(a, b) + 1) : [];
    const stepsOf = stepFinder(steps, Math.min(Number(a), Number(b)));
    return {
      ...diff,
      a: this.compared(document, a),
      b: this.compared(document, b),
      changes: diff.changes.map((change) => ({
        kind: change.kind,
        before: change.before,
        after: change.after,
        what: change.what.map((facet) => facetView(facet, change, left, right)),
        steps: stepsOf(change),
      })),
    };
  }

  private compared(document: OpenDocument, side: CompareSide): ComparedModel {
    const { file } = side === 'second' && this.second ? this.second : document;
    const stop = this.stop(document, side);
    const title = side === 'second' ? '' : (stop.outcome?.title ?? 'Original');
    return { side, name: file.name, title, summary: stop.summary, missing: file.missing };
  }
}

const keyOf = ({ a, b }: Pick<CompareRequest, 'a' | 'b'>): string => `${a} ${b}`;

/** Nodes that stand for each other; of several that became one, the first stands for it. */
function partnersOf({ pairs, changes }: GraphDiff): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 0; at < pairs.length; at += 2) found.push([pairs[at]!, pairs[at + 1]!]);
  for (const { kind, before, after } of changes) {
    if (kind === 'fused' || kind === 'split') found.push([before[0]!, after[0]!]);
  }
  return found;
}

/** Lays a model out after another one: partners are given each other's ids for the while. */
function follow(
  leader: Picture,
  follower: Picture,
  partner: ReadonlyMap<number, number>,
): { picture: Picture; kept: boolean } {
  const nodeIds = leader.view.nodeIds.map((id) => partner.get(id) ?? -1 - id);
  const previous = { view: { ...leader.view, nodeIds }, layout: leader.layout };
  const layout = layoutGraph(follower.view, previous);
  return { picture: { ...follower, layout }, kept: sharesPlaces(leader, { ...follower, layout }, partner) };
}

function sharesPlaces(leader: Picture, follower: Picture, partner: ReadonlyMap<number, number>): boolean {
  const rows = new Map(Array.from(follower.view.nodeIds, (id, row) => [id, row] as const));
  return Array.from(leader.view.nodeIds).every((id, row) => {
    const other = rows.get(partner.get(id) ?? Number.NaN);
    if (other === undefined) return true;
    return leader.layout.x[row] === follower.layout.x[other] && leader.layout.y[row] === follower.layout.y[other];
  });
}

/** The steps after which a node is gone, is there, or is not what it was. */
function stepFinder(stops: readonly Stop[], first: number): (change: NodeChange) => number[] {
  return ({ before, after }) => {
    const ids = [...before, ...after];
    const steps: number[] = [];
    for (let at = 1; at < stops.length; at++) {
      const [was, is] = [stops[at - 1]!.model, stops[at]!.model];
      const touched = ids.some((id) => {
        const [old, now] = [was.nodes.get(id), is.nodes.get(id)];
        if (!old || !now) return old !== now;
        return !sameNode(old, now) || constantsDiffer(stops[at - 1]!, stops[at]!, now);
      });
      if (touched) steps.push(first + at);
    }
    return steps;
  };
}

const sameNode = (old: Node, now: Node): boolean =>
  old.inputs.length === now.inputs.length &&
  old.inputs.every((id, slot) => id === now.inputs[slot]) &&
  old.attributes.size === now.attributes.size &&
  [...old.attributes].every(([name, value]) => now.attributes.get(name) === value);

function constantsDiffer({ model: was }: Stop, { model: is }: Stop, node: Node): boolean {
  const [old, now] = [was.graphs.get(node.graph), is.graphs.get(node.graph)];
  return node.inputs.some((id) => id !== null && old?.initializers.get(id) !== now?.initializers.get(id));
}

function facetView(facet: Facet, { before, after }: NodeChange, left: Stop, right: Stop): FacetView {
  const [a, b] = [left.model.getNode(before[0]!), right.model.getNode(after[0]!)];
  const told = (name: string, was: string, is: string): FacetView => ({
    kind: facet.kind,
    name,
    before: was,
    after: is,
  });
  switch (facet.kind) {
    case 'operator':
      return told('', opKey(a), opKey(b));
    case 'name':
      return told('', a.name, b.name);
    case 'body':
      return told('', '', '');
    case 'attribute':
      return told(facet.name, valueText(left, a, facet.name), valueText(right, b, facet.name));
    case 'input':
      return told(slotText(b, facet.slot), inputText(left, a, facet.slot), inputText(right, b, facet.slot));
    case 'weight-type':
      return told(
        slotText(b, facet.slot),
        ...shortened(constantText(left, a, facet.slot), constantText(right, b, facet.slot)),
      );
    case 'weights':
      return told(slotText(b, facet.slot), '', facet.largest === null ? '' : formatError(facet.largest));
    case 'unread':
      return told(slotText(b, facet.slot), '', '');
    case 'shape':
    case 'dtype':
      return told(
        slotName(b, 'outputs', facet.slot),
        outputText(left, a.outputs[facet.slot] ?? null, facet.kind),
        outputText(right, b.outputs[facet.slot] ?? null, facet.kind),
      );
    default:
      return facet satisfies never;
  }
}

const slotText = (node: Node, slot: number | string): string =>
  typeof slot === 'number' ? slotName(node, 'inputs', slot) : slot;

function valueText({ model }: Stop, node: Node, name: string): string {
  const attribute = node.attributes.get(name);
  if (attribute) return attributeText(attribute).text;
  return String(attributeSpec(node, model.opset(node.domain), name)?.fallback ?? '');
}

function inputText({ model }: Stop, node: Node, slot: number | string): string {
  const id = typeof slot === 'number' ? (node.inputs[slot] ?? null) : null;
  return id === null ? '' : model.getValue(id).name;
}

function constantText(stop: Stop, node: Node, slot: number | string): string {
  if (typeof slot === 'string') return valueText(stop, node, slot.replace(/\[\d+\]$/, ''));
  return outputText(stop, node.inputs[slot] ?? null, 'type');
}

/** Two types without the element type that both have: `32×3×3×3`, `24×3×3×3`. */
function shortened(before: string, after: string): [string, string] {
  const [dtype = '', ...shape] = before.split(' ');
  const [other, ...now] = after.split(' ');
  return dtype === other && shape.length > 0 ? [shape.join(' '), now.join(' ')] : [before, after];
}

function outputText({ analysis }: Stop, id: Node['inputs'][number], which: 'shape' | 'dtype' | 'type'): string {
  if (id === null) return '';
  const shape = formatShape(analysis.shape(id));
  const dtype = analysis.dtype(id) ?? 'unknown';
  return which === 'shape' ? shape : which === 'dtype' ? dtype : `${dtype} ${shape}`;
}
