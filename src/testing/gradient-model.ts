import { backward } from '../grad/backward.ts';
import { Emit, type TrainBackend } from '../grad/emit.ts';
import type { Model } from '../ir/model.ts';
import { isFloat, staticShape, type ValueId } from '../ir/types.ts';
import { isTensor } from '../ops/shapes.ts';

/** A model that computes gradients of `Σ rᵢ·yᵢ` over the float outputs y of another one, whose inputs it has too. */
export interface GradientModel {
  readonly model: Model;
  /** Inputs that take r, with their shapes. */
  readonly seeds: ReadonlyMap<string, readonly number[]>;
  /** Name of what the gradient is taken by → name of the output that it comes out of. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** @param targets inputs and initializers, by name; one that nothing depends on has no gradient */
export function gradientModel(forward: Model, targets: readonly string[], backend: TrainBackend): GradientModel {
  const model = forward.clone();
  const emit = new Emit(model, backend);
  const names = new Map([...model.values.values()].map(({ name, id }) => [name, id] as const));
  const seeds = new Map<string, readonly number[]>();
  const starts = new Map<ValueId, ValueId>();
  for (const output of new Set(model.graph.outputs)) {
    if (!emit.isFloat(output)) continue;
    const name = `r of ${emit.nameOf(output)}`;
    seeds.set(name, emit.shape(output));
    starts.set(output, emit.input(name, 'float32', emit.shape(output)));
  }
  const asked = targets.map((name) => [name, names.get(name)] as const).filter(([, id]) => id !== undefined);
  const found = emit.in('backward', () =>
    backward(
      emit,
      starts,
      asked.map(([, id]) => id as ValueId),
    ),
  );
  const gradients = new Map<string, string>();
  model.graph.outputs.length = 0;
  for (const [name, id] of asked) {
    const gradient = found.get(id as ValueId);
    if (gradient === undefined) continue;
    // An output of its own: two gradients may be one value, or a seed itself.
    const output = emit.op('Identity', [gradient]);
    const value = model.getValue(output);
    value.name = `gradient of ${name}`;
    value.type = { kind: 'tensor', dtype: emit.dtype(gradient), shape: emit.shape(gradient) };
    model.graph.outputs.push(output);
    gradients.set(name, value.name);
  }
  return { model, seeds, gradients };
}

/** Float inputs and initializers of the main graph, by name. */
export function floatTargets(model: Model): string[] {
  const { inputs, initializers } = model.graph;
  return [...new Set([...inputs, ...initializers.keys()])]
    .map((id) => model.getValue(id))
    .filter(({ type }) => isTensor(type) && isFloat(type.dtype) && staticShape(type.shape) !== null)
    .map(({ name }) => name);
}
