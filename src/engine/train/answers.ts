import { beforeSoftmax } from '../../grad/logits.ts';
import { analyze } from '../../analysis/analyze.ts';
import type { Model, Node } from '../../ir/model.ts';
import type { ValueId } from '../../ir/types.ts';
import { isFloat } from '../../ir/types.ts';
import { isTensor } from '../../ops/shapes.ts';
import { CodedError } from '../../base/error.ts';

/** What a model answers by: its first float output, and the value before the Softmax that it may end with. */
export interface AnswerOf {
  readonly output: string;
  readonly logits: string;
  readonly rank: number;
}

/** Throws `unsupported` where no output is of floats. */
export function answerOf(model: Model): AnswerOf {
  const analysis = analyze(model);
  const rankOf = (value: ValueId): number => analysis.shape(value)?.length ?? 0;
  const producerOf = (value: ValueId): Node | null => {
    const made = model.getValue(value).producer;
    return made && model.getNode(made.node);
  };
  for (const output of model.graph.outputs) {
    const type = analysis.type(output);
    if (!isTensor(type) || !isFloat(type.dtype)) continue;
    const logits = beforeSoftmax(producerOf, rankOf, output);
    return { output: model.getValue(output).name, logits: model.getValue(logits).name, rank: rankOf(output) };
  }
  throw new CodedError(
    'unsupported',
    'The model has no output of floats: there is nothing that a loss could be taken of.',
  );
}

/** The same model, which gives these values and nothing else. */
export function giving(model: Model, names: readonly string[]): Model {
  const copy = model.clone();
  const byName = new Map([...copy.values.values()].map((value) => [value.name, value]));
  copy.graph.outputs.length = 0;
  const analysis = analyze(copy);
  for (const name of new Set(names)) {
    const value = byName.get(name);
    if (!value || value.graph !== copy.graph.id) {
      throw new CodedError('bad-request', `There is no value named ${name}.`, { value: name });
    }
    value.type ??= analysis.type(value.id);
    copy.graph.outputs.push(value.id);
  }
  return copy;
}
