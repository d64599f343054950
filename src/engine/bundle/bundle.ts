import { CodedError } from '../../base/error.ts';
import type { IoSummary } from '../../analysis/summary.ts';
import type { Model } from '../../ir/model.ts';
import type { ExternalChunks } from '../../onnx/write-external.ts';
import { writeFiles } from '../../onnx/write.ts';
import { zipOf } from '../zip.ts';
import { BUNDLE_PAGE, BUNDLE_SCRIPT, RUNTIME_FILES } from './page.ts';

/** A zip's sizes have 32 bits. */
const LARGEST = 2 ** 32 - 1;

export interface BundleParts {
  /** Of the model, for a person. */
  readonly name: string;
  readonly model: Model;
  readonly inputs: readonly IoSummary[];
  readonly outputs: readonly IoSummary[];
  /** Its recipe as JSON, and the learnt weights that it names, by SHA-256. */
  readonly recipe: string;
  readonly weights: ReadonlyMap<string, Uint8Array>;
  /** Reports by the ending of their names: `html`, `md`, `json`. */
  readonly reports: Readonly<Record<string, string>>;
  /** JSON of the options that the model is to be loaded with; null: as ever. */
  readonly session: string | null;
  /** Initializers of at least so many bytes lie in a file of their own; null: all are in the model. */
  readonly threshold: number | null;
  readonly runtimeVersion: string;
  /** ONNX Runtime Web by the names of its files; null: whoever unpacks the bundle puts it there. */
  readonly runtime: Readonly<Record<string, Uint8Array>> | null;
}

const DATA = 'model.onnx.data';

/**
 * A model with all that belongs to it, as a zip: `model.onnx` (and `model.onnx.data`), `recipe.json`, `report.*`,
 * `model.session.json`, and a page that runs it (`index.html`, `run.mjs`, `bundle.json`, `runtime/`).
 *
 * @throws CodedError `unsupported` where it would be larger than a zip can be
 */
export function packBundle(parts: BundleParts): Uint8Array<ArrayBuffer> {
  const { threshold, session, runtime } = parts;
  const written = writeFiles(parts.model, threshold === null ? {} : { externalData: { location: DATA, threshold } });
  const { model, external } = written;
  const bytes = model.byteLength + (external?.byteLength ?? 0);
  if (bytes > LARGEST)
    throw new CodedError(
      'unsupported',
      `The model has ${bytes} bytes, more than a zip holds. Save its files one by one.`,
    );
  const setup = {
    name: parts.name,
    model: 'model.onnx',
    ...(external && { external: DATA }),
    inputs: parts.inputs,
    outputs: parts.outputs,
    session: session === null ? {} : (JSON.parse(session) as unknown),
    runtime: { version: parts.runtimeVersion, files: RUNTIME_FILES },
  };
  const entries: [string, string | Uint8Array][] = [
    ['model.onnx', model],
    ...(external ? [[DATA, joined(external)] as [string, Uint8Array]] : []),
    ['recipe.json', parts.recipe],
    ...[...parts.weights].map(([sha256, own]): [string, Uint8Array] => [`recipe.weights/${sha256}.safetensors`, own]),
    ...Object.entries(parts.reports).map(([ending, text]): [string, string] => [`report.${ending}`, text]),
    ...(session === null ? [] : [['model.session.json', session] as [string, string]]),
    ['index.html', BUNDLE_PAGE],
    ['run.mjs', BUNDLE_SCRIPT],
    ['bundle.json', `${JSON.stringify(setup, null, 2)}\n`],
    ...Object.entries(runtime ?? {}).map(([name, file]): [string, Uint8Array] => [`runtime/${name}`, file]),
  ];
  return zipOf(Object.fromEntries(entries));
}

/** The external file in one piece. */
export function joined({ byteLength, chunks }: ExternalChunks): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for (const chunk of chunks()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
