import { describe, expect, it } from 'vitest';
import { defined } from '../base/assert.ts';
import { normal, seeded } from '../base/random.ts';
import type { Model } from '../ir/model.ts';
import { sizeOf, tensorType, type Dim, type Shape, type ValueId } from '../ir/types.ts';
import { readModel } from '../onnx/read.ts';
import { writeModel } from '../onnx/write.ts';
import { bindDim } from '../ops/dim.ts';
import { isTensor } from '../ops/shapes.ts';
import type { Feeds, HostTensor } from '../runtime/types.ts';
import { testRuntime } from '../testing/equivalent.ts';
import { haveShared, sharedFile } from '../testing/shared.ts';
import { analyze, type Analysis } from './analyze.ts';
import { summarize } from './summary.ts';

interface ManifestEntry {
  readonly file: string;
  readonly params?: number;
  readonly nodes?: number;
  readonly ortNode130?: { readonly feedShapes: Readonly<Record<string, readonly number[]>> };
  readonly ortWeb130wasm?: { readonly ran: boolean };
}

const entries: readonly ManifestEntry[] = haveShared()
  ? (JSON.parse(new TextDecoder().decode(sharedFile('real/manifest.json'))) as ManifestEntry[]).filter(
      (entry) => entry.ortWeb130wasm?.ran,
    )
  : [];

/** Sizes other than the manifest's, all different, so that a symbol cannot be right by accident. */
const OTHER_SHAPES: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'aidreams260k_nocache.onnx': { input_ids: [2, 7] },
  'attention_past_state.onnx': { input: [2, 3, 768], past: [2, 2, 12, 5, 64], weight: [768, 2304], bias: [2304] },
  'bert_toy_unfused.onnx': { input_ids: [2, 5], token_type_ids: [2, 5], input_mask: [2, 5] },
  'ch_PP-OCRv2_det_infer.onnx': { x: [2, 3, 96, 160] },
  'mobilenet_v2_fp32.onnx': { input: [2, 3, 224, 224] },
  'vit_pgd_2_3_16.onnx': { input: [3, 3, 32, 32] },
};

/** One If is all there is in its main graph, and its branch for the other sample rate gives results of another rank. */
const SILERO_SHARE = 0.3;

/** Inputs that are sound for every model here: index 0 exists in every table, 16 kHz is what Silero wants. */
function feedsFor(model: Model, shapes: Readonly<Record<string, readonly number[]>>): Feeds {
  const random = normal(seeded(7));
  const feeds: Record<string, HostTensor> = {};
  for (const id of model.graph.inputs) {
    const { name, type } = model.getValue(id);
    const shape = shapes[name];
    if (!shape || !isTensor(type)) continue;
    const size = sizeOf(shape);
    feeds[name] = {
      dtype: type.dtype,
      shape,
      data:
        type.dtype === 'int64'
          ? BigInt64Array.from({ length: size }, () => (name === 'sr' ? 16000n : 0n))
          : type.dtype === 'int32'
            ? new Int32Array(size)
            : Float32Array.from({ length: size }, random),
    };
  }
  return feeds;
}

/** Runs a copy in which every tensor that a node of the main graph makes is an output; its shapes, by value. */
async function shapesAtRuntime(
  model: Model,
  analysis: Analysis,
  feeds: Feeds,
): Promise<Map<ValueId, readonly number[]>> {
  const copy = model.clone();
  const asked = new Map<string, ValueId>();
  for (const node of copy.graph.nodes) {
    for (const output of copy.getNode(node).outputs) {
      const type = output === null ? null : analysis.type(output);
      if (output === null || !isTensor(type) || type.dtype === 'undefined') continue;
      const value = copy.getValue(output);
      if (!copy.graph.outputs.includes(output)) {
        value.type = tensorType(type.dtype, null);
        copy.graph.outputs.push(output);
      }
      asked.set(value.name, output);
    }
  }
  const session = await testRuntime().createSession(writeModel(copy), {
    backend: 'wasm',
    level: 'disabled',
    threads: 1,
  });
  try {
    const results = await session.run(feeds);
    return new Map(
      Object.entries(results).flatMap(([name, tensor]) => {
        const id = asked.get(name);
        return id === undefined ? [] : [[id, tensor.shape] as const];
      }),
    );
  } finally {
    await session.release();
  }
}

/** What each input symbol was fed with. */
function sizesFed(model: Model, analysis: Analysis, feeds: Feeds): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const id of model.graph.inputs) {
    const fed = feeds[model.getValue(id).name]?.shape;
    analysis.shape(id)?.forEach((dim, axis) => {
      if (typeof dim !== 'string' || !fed) return;
      const size = fed[axis] ?? 0;
      expect(sizes[dim] ?? size, `${dim} is one size`).toBe(size);
      sizes[dim] = size;
    });
  }
  return sizes;
}

interface Tally {
  values: number;
  complete: number;
}

/** Every dimension that analysis knows is what the runtime says; symbols that no input has keep their first size. */
function compare(
  model: Model,
  shapeOf: (id: ValueId) => Shape,
  actual: ReadonlyMap<ValueId, readonly number[]>,
  sizes: Record<string, number>,
): Tally {
  const tally = { values: 0, complete: 0 };
  for (const [id, shape] of actual) {
    const inferred = shapeOf(id);
    const name = `${model.getNode(defined(model.getValue(id).producer, 'a producer').node).opType} → ${model.getValue(id).name}`;
    tally.values++;
    if (inferred === null) continue;
    expect(inferred.length, `rank of ${name}`).toBe(shape.length);
    inferred.forEach((dim, axis) => expectDim(dim, shape[axis] ?? 0, sizes, `axis ${axis} of ${name}`));
    if (!inferred.includes(null)) tally.complete++;
  }
  return tally;
}

function expectDim(dim: Dim, actual: number, sizes: Record<string, number>, where: string): void {
  if (dim === null) return;
  const bound = bindDim(dim, sizes);
  if (typeof bound === 'string') sizes[bound] = actual;
  // Many thousands of these hold: each call of `expect` takes longer than the analysis of a node.
  else if (bound !== actual) expect(bound, `${where}: ${dim}`).toBe(actual);
}

describe.skipIf(!haveShared())('on the real models', () => {
  /** Share of values whose shape is fully known (numbers or symbols) without running anything. */
  const shares: string[] = [];

  it.each(entries.map((entry) => [entry.file, entry] as const))(
    '%s: shapes are what the runtime reports',
    async (file, entry) => {
      const { model } = readModel(sharedFile(`real/${file}`), { name: file });
      const analysis = analyze(model);
      const manifest = defined(entry.ortNode130, 'feed shapes').feedShapes;
      const other = OTHER_SHAPES[defined(file.split('/').at(-1), 'a name')];
      for (const shapes of other ? [manifest, other] : [manifest]) {
        const feeds = feedsFor(model, shapes);
        const actual = await shapesAtRuntime(model, analysis, feeds);
        expect(actual.size).toBeGreaterThan(5);
        const sizes = sizesFed(model, analysis, feeds);
        const symbolic = compare(model, (id) => analysis.shape(id), actual, { ...sizes });
        const bound = analyze(model, { bind: sizes });
        const withDefaults = (id: ValueId): Shape => {
          const type = bound.assumedType(id);
          return isTensor(type) ? type.shape : null;
        };
        const fixed = compare(model, withDefaults, actual, { ...sizes });
        shares.push(
          `${file}: ${symbolic.complete}/${symbolic.values} with symbols, ${fixed.complete}/${fixed.values} with sizes`,
        );
        expect(fixed.complete / fixed.values).toBeGreaterThan(file.endsWith('silero_vad.onnx') ? SILERO_SHARE : 0.99);
      }
    },
  );

  it('knows nearly every shape before anything runs', () => {
    console.log(shares.join('\n'));
    expect(shares.length).toBeGreaterThanOrEqual(entries.length);
  });

  it.each(entries.map((entry) => [entry.file, entry] as const))(
    '%s: parameters and nodes are the manifest’s',
    (file, entry) => {
      const { model, warnings } = readModel(sharedFile(`real/${file}`), { name: file });
      const { parameters, nodes } = summarize(model, analyze(model), 0);
      // One file defines the names of 48 scalar Constants twice; the reader keeps those that count.
      const dropped = Number(warnings.join(' ').match(/(\d+) Constant nodes are defined again/)?.[1] ?? 0);
      expect(parameters).toBe(defined(entry.params, 'params') - dropped);
      expect(nodes).toBe(defined(entry.nodes, 'nodes') - dropped);
    },
  );

  it('a full pass over 20 000 nodes takes less than 300 ms of processor time', () => {
    const { model } = readModel(sharedFile('scale/hard-20000.onnx'));
    // Processor time and the best of several: other work on the machine is not what is measured.
    const times = Array.from({ length: 6 }, () => {
      const start = process.cpuUsage();
      analyze(model);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(300);
  });
});
