import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { isFloat, type ValueId, type ValueType } from '../ir/types.ts';
import { readModel, readTensorProto } from '../onnx/read.ts';
import { isReadable } from '../ops/contents.ts';
import { schemaOf } from '../ops/registry.ts';
import { isTensor } from '../ops/shapes.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { Inference } from './inference.ts';

type Files = ReadonlyMap<string, Uint8Array>;

/** ONNX's own single-operator cases: model, inputs and outputs. */
async function readCases(): Promise<ReadonlyMap<string, Files>> {
  const archive = extract();
  archive.end(gunzipSync(sharedFile('real/onnx_backend/onnx_backend_tests_shared.tar.gz')));
  const cases = new Map<string, Map<string, Uint8Array>>();
  for await (const entry of archive) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const [, name, file] = /node\/([^/]+)\/(.+)/.exec(entry.header.name) ?? [];
    if (name === undefined || file === undefined) continue;
    const files = cases.get(name) ?? new Map<string, Uint8Array>();
    files.set(file, new Uint8Array(Buffer.concat(chunks)));
    cases.set(name, files);
  }
  return cases;
}

interface Expected {
  readonly id: ValueId;
  readonly declared: ValueType | null;
  readonly tensor: Tensor | null;
}

/** The case's model without any declared result, so that nothing can be copied; and what must come out. */
function openCase(files: Files): { model: Model; expected: Expected[] } | null {
  const bytes = files.get('model.onnx');
  if (!bytes) return null;
  const { model } = readModel(bytes);
  const expected = model.graph.outputs.map((id, i) => {
    const declared = model.getValue(id).type;
    const file = files.get(`test_data_set_0/output_${i}.pb`);
    return { id, declared, tensor: file && isTensor(declared) ? readTensorProto(file).tensor : null };
  });
  for (const value of model.values.values()) if (value.producer) value.type = null;
  return { model, expected };
}

/** Turns the inputs into constants, so that shapes which depend on them are known too. */
function feed(model: Model, files: Files): void {
  [...model.graph.inputs].forEach((id, i) => {
    const file = files.get(`test_data_set_0/input_${i}.pb`);
    if (!file || !isTensor(model.getValue(id).type)) return;
    model.graph.inputs.splice(model.graph.inputs.indexOf(id), 1);
    model.setInitializer(id, readTensorProto(file).tensor);
  });
}

function infer(model: Model): Inference {
  const inference = new Inference(model, {});
  inference.run();
  return inference;
}

interface Findings {
  readonly wrong: string[];
  readonly open: string[];
  dims: number;
  contents: number;
  cases: number;
}

/** A known element type, rank, size or element that differs from the case's is wrong; an unknown size is open. */
function check(name: string, inference: Inference, { id, tensor }: Expected, findings: Findings): void {
  const type = inference.typeOf(id);
  if (!tensor) return;
  if (!isTensor(type) || type.shape === null) {
    findings.open.push(name);
    return;
  }
  const shape = type.shape;
  const differs =
    shape.length !== tensor.shape.length || shape.some((dim, i) => dim !== tensor.shape[i] && typeof dim === 'number');
  if (type.dtype !== tensor.dtype || differs) {
    findings.wrong.push(`${name}: ${type.dtype}[${shape}] for ${tensor.dtype}[${tensor.shape}]`);
  }
  if (shape.some((dim) => typeof dim !== 'number')) findings.open.push(name);
  findings.dims += shape.length;
  checkContents(name, inference, id, tensor, findings);
}

function checkContents(name: string, inference: Inference, id: ValueId, tensor: Tensor, findings: Findings): void {
  const contents = inference.contentsOf(id);
  if (!contents || !isReadable(tensor.dtype)) return;
  const actual = tensor.numbers();
  findings.contents++;
  contents.forEach((each, i) => {
    const value = actual[i] ?? 0;
    const tolerance = isFloat(tensor.dtype) ? 1e-3 * Math.max(1, Math.abs(value)) : 0;
    const equal = each === value || Math.abs(Number(each) - value) <= tolerance || Number.isNaN(Number(each));
    if (each !== null && !equal) findings.wrong.push(`${name}: element ${i} is ${value}, not ${each}`);
  });
}

/** Results whose size is in the data: no rule can know it beforehand. */
const DATA_DEPENDENT =
  /^test_(compress|nonmaxsuppression|unique|loop13_seq|string_split|sequence_map|split_to_sequence)/;

describe.skipIf(!haveShared())('on ONNX’s single-operator cases', async () => {
  const cases = haveShared() ? await readCases() : new Map<string, Files>();

  const run = (fed: boolean): Findings => {
    const findings: Findings = { wrong: [], open: [], dims: 0, contents: 0, cases: 0 };
    for (const [name, files] of cases) {
      const opened = openCase(files);
      if (!opened) continue;
      if (fed) feed(opened.model, files);
      const known = [...opened.model.nodes.values()].every((node) => schemaOf(node) !== null);
      const inference = infer(opened.model);
      if (known) findings.cases++;
      for (const each of opened.expected) if (known) check(name, inference, each, findings);
    }
    return findings;
  };

  it('never infers a type, size or element that is wrong', () => {
    const findings = run(false);
    expect(findings.wrong).toEqual([]);
    expect(findings.cases).toBeGreaterThan(640);
  });

  it('infers every size, and small contents, when the inputs are constants', () => {
    const findings = run(true);
    expect(findings.wrong).toEqual([]);
    expect(findings.open.filter((name) => !DATA_DEPENDENT.test(name))).toEqual([]);
    expect(findings.dims).toBeGreaterThan(2000);
    expect(findings.contents).toBeGreaterThan(150);
  });
});
