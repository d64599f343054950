import { CodedError } from '../base/error.ts';
import { defined } from '../base/assert.ts';
import { loosest, type Exactness } from '../base/exactness.ts';
import { sha256 } from '../onnx/hash.ts';
import type { ExternalFiles } from '../onnx/external.ts';
import { writeModel } from '../onnx/write.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { Model } from '../ir/model.ts';
import type { TextCheck } from '../generate/as-session.ts';
import type { PortMap } from '../verify/ports.ts';
import { textCheckOf } from './kv/text-check.ts';
import { Stop } from './document.ts';
import { correspondence, withInputNames, withOutputs } from './interface.ts';
import type { Parcel } from './ports.ts';
import type { DocumentView } from './types.ts';

export interface OpenedFile {
  readonly name: string;
  readonly model: Model;
  /** The file as it lies on disk; null for a sample that was built here. */
  readonly bytes: Uint8Array | null;
  /** The files beside it that hold its weights; null: all are in the model. */
  readonly external: { readonly files: ExternalFiles; readonly locations: readonly string[] } | null;
  /** External files that were not given. */
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
}

/** Files up to this are hashed with the first step, larger ones when a report asks for it, bytes. */
const CHEAP = 256e6;

/** The earlier of two stops as it is held against the later one: by ports, or by what both say of a text. */
interface Compared {
  readonly original: Parcel;
  readonly ports: PortMap | null;
  readonly text: TextCheck | null;
}

/** An open model with the stops of its recipe. Stops beyond the cursor are undone, and dropped by the next step. */
export class OpenDocument {
  readonly file: OpenedFile;
  readonly stops: Stop[];
  backend: Backend = 'wasm';
  /** Keys of the groups that are not folded, or not open, as they are at first; for the pictures of all stops. */
  toggled: readonly string[] = [];
  /** Said once, beside the file's own warnings: a recipe that was made for another model. */
  recipeWarning: string | null = null;
  private at = 0;
  private revision = 1;
  private hash: Promise<string | null> | null = null;
  private knownHash: string | null = null;

  constructor(file: OpenedFile) {
    this.file = file;
    const fileBytes = file.bytes ? file.bytes.byteLength + externalBytes(file.model) : null;
    this.stops = [new Stop(file.model, null, null, fileBytes, this.revision)];
  }

  /** The same file with other stops, the original first: a result that is no part of this document's recipe. */
  beside(stops: readonly Stop[], backend: Backend): OpenDocument {
    const other = new OpenDocument(this.file);
    other.stops.splice(0, 1, ...stops);
    other.backend = backend;
    other.at = stops.length - 1;
    return other;
  }

  get cursor(): number {
    return this.at;
  }

  get current(): Stop {
    return this.stop(this.at);
  }

  stop(index: number): Stop {
    const stop = this.stops[index];
    if (!stop)
      throw new CodedError('bad-request', `There is no stop ${index}; the recipe has ${this.stops.length - 1} steps.`);
    return stop;
  }

  nextRevision(): number {
    this.revision += 1;
    return this.revision;
  }

  moveTo(index: number): void {
    this.stop(index);
    this.at = index;
  }

  /** Adds steps at the cursor; those that were undone go. */
  push(stops: readonly Stop[]): void {
    this.stops.length = this.at + 1;
    this.stops.push(...stops);
    this.at = this.stops.length - 1;
  }

  /** The class of everything between two stops: that of the loosest step. */
  exactness(from: number, to: number): Exactness {
    const [low, high] = from < to ? [from, to] : [to, from];
    return loosest(this.stops.slice(low + 1, high + 1).map((stop) => stop.preserves));
  }

  /** A stop as written bytes that the receiver may keep. The opened file goes as it is, not rewritten. */
  parcel(index: number): Parcel {
    const stop = this.stop(index);
    const original =
      index === 0 && this.file.bytes !== null && externalBytes(this.file.model) === 0 ? this.file.bytes : null;
    return { name: this.file.name, bytes: original ? new Uint8Array(original) : writeModel(stop.model) };
  }

  /**
   * Stop `a` as it is held against stop `b`: where inputs or outputs changed in between, with what answers to what, and
   * with the values that `b` shows as outputs of its own.
   */
  compared(a: number, b: number): Compared {
    const text = textCheckOf(this.stop(a).model, this.stop(b).model);
    if (text) return { original: this.parcel(a), ports: null, text };
    const between = this.stops.slice(a + 1, b + 1).map((stop) => stop.model);
    const found = correspondence(this.stop(a), this.stop(b), between);
    if (!found || found.reveal.length === 0)
      return { original: this.parcel(a), ports: found?.ports ?? null, text: null };
    const bytes = writeModel(withOutputs(this.stop(a), found.reveal));
    return { original: { name: this.file.name, bytes }, ports: found.ports, text: null };
  }

  /**
   * Stop `b` as it is timed beside stop `a`, on the same inputs: under the names that they have there. Throws
   * `bad-request` where it takes others.
   */
  timed(a: number, b: number): Parcel {
    const found = correspondence(this.stop(a), this.stop(b), []);
    if (!found) return this.parcel(b);
    if (!found.sameInputs) {
      throw new CodedError(
        'bad-request',
        'The two take different inputs, so their times do not compare. Time one alone.',
      );
    }
    return { name: this.file.name, bytes: writeModel(withInputNames(this.stop(b).model, found.ports)) };
  }

  /** Of the opened file, external data included; computed when first asked for; null where there is no way to. */
  async sha256(): Promise<string | null> {
    this.hash ??= sha256(this.file.bytes ?? writeModel(this.file.model), this.file.external);
    this.knownHash = await this.hash;
    return this.knownHash;
  }

  /** As `sha256`, where it takes no time worth speaking of: a step should not wait for gigabytes. */
  async sha256IfCheap(): Promise<void> {
    if (this.stop(0).bytes <= CHEAP) await this.sha256();
  }

  recipe(stop = this.at): Recipe {
    const model = this.knownHash ? { model: { sha256: this.knownHash, name: this.file.name } } : {};
    const steps = this.stops.slice(1, stop + 1).map((stop) => defined(stop.outcome, 'the outcome of a step').step);
    return { whittle: 1, backend: this.backend, ...model, steps };
  }

  view(): DocumentView {
    const { name, model, missing, warnings } = this.file;
    return {
      // Steps that were given up before they became stops have taken numbers too.
      revision: Math.max(...this.stops.map((stop) => stop.revision)),
      name,
      fileBytes: this.stop(0).bytes,
      producer: `${model.producerName} ${model.producerVersion}`.trim(),
      irVersion: model.irVersion,
      stops: this.stops.map((stop, index) => stop.toView(index)),
      cursor: this.at,
      recipe: this.recipe(),
      backend: this.backend,
      missing,
      warnings: this.recipeWarning ? [...warnings, this.recipeWarning] : warnings,
    };
  }
}

/** Bytes of the tensors that lie outside the model file. */
function externalBytes(model: Model): number {
  let bytes = 0;
  for (const graph of model.graphs.values()) {
    for (const tensor of graph.initializers.values()) if (tensor.source.kind === 'external') bytes += tensor.byteLength;
  }
  return bytes;
}
