import { CodedError } from '../../base/error.ts';
import { formatInteger, plural } from '../../base/format.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { NodeId, ValueId } from '../../ir/types.ts';
import type { PassContext } from '../../rewrite/pass.ts';
import { nameConstants } from '../../grad/named-constants.ts';
import { editPass, refuse } from '../edit/edit-pass.ts';
import { textOption } from '../edit/targets.ts';

const SHA256 = /^[0-9a-f]{64}$/;

/** The constants that learnt weights take the place of. */
function placesOf({ model }: PassContext, weights: ReadonlyMap<string, Tensor>): ReadonlyMap<ValueId, Tensor> {
  const found = new Map<ValueId, Tensor>();
  const unmet = new Set(weights.keys());
  const copy = model.clone();
  nameConstants(copy);
  for (const [value, tensor] of copy.graph.initializers) {
    const { name } = model.getValue(value);
    const learnt = weights.get(name);
    if (!learnt) continue;
    unmet.delete(name);
    if (learnt.dtype !== tensor.dtype || learnt.shape.join() !== tensor.shape.join()) {
      refuse(
        `${name} is [${tensor.shape.join(', ')}] here, and what was learnt is [${learnt.shape.join(', ')}]: the steps before are others than those that it was trained behind.`,
      );
    }
    found.set(value, learnt);
  }
  const [missing] = unmet;
  if (missing !== undefined)
    refuse(
      `The model has no constant named ${missing}: the steps before are others than those that it was trained behind.`,
    );
  return found;
}

/**
 * Weights that were learnt: by distillation from the original after pruning, or by training. The step holds the SHA-256
 * of the weights, which lie beside the recipe, and how they were come by; a replay trains nothing.
 */
export const recover = editPass({
  id: 'recover',
  group: 'compress',
  title: 'Recover by training',
  why: 'Brings a pruned model back towards its original: its weights are trained to answer as the original does.',
  options: {
    weights: { type: 'text', default: '', label: 'Weights', hint: 'SHA-256 of learnt weights' },
    how: { type: 'json', default: {}, label: 'How they were learnt' },
  },
  preserves: 'approximation',
  needs: ['weights'],
  changesInterface: false,
  ask: 'Train first: the Train workspace, or `whittle recover`, gives weights for this step.',
  plan(context) {
    const sha256 = textOption(context, 'weights');
    if (sha256 === '') return null;
    if (!SHA256.test(sha256)) refuse(`"${sha256}" is no SHA-256 of weights: 64 digits from 0 to f.`);
    const weights = context.facts.weights(sha256);
    if (!weights) {
      // Not a place that is gone: the replay ends here.
      throw new CodedError(
        'replay-failed',
        `The learnt weights of this step are not here. Put ${sha256}.safetensors beside the recipe, in the folder of its weights, or train again.`,
        { weights: sha256 },
      );
    }
    const places = placesOf(context, weights);
    const { model } = context;
    const nodes = [
      ...new Set([...places.keys()].flatMap((value) => model.getValue(value).uses.map(({ node }) => node))),
    ];
    const count = [...places.values()].reduce((sum, { size }) => sum + size, 0);
    return {
      target: sha256.slice(0, 12),
      anchor: nodes[0] ?? (0 as NodeId),
      nodes,
      title: titleOf(context.options['how']),
      what: `Gives ${plural(places.size, 'constant')} (${formatInteger(count)} numbers) what was learnt.`,
      apply: () => {
        nameConstants(model);
        for (const [value, tensor] of places) model.setInitializer(value, tensor);
      },
    };
  },
});

/** `how.steps` and `how.teacher` are told where they are known. */
function titleOf(how: Json | undefined): string {
  const told: JsonObject = typeof how === 'object' && how !== null && !Array.isArray(how) ? (how as JsonObject) : {};
  const steps = typeof told['steps'] === 'number' ? `, ${plural(told['steps'], 'step')}` : '';
  return typeof told['teacher'] === 'string' ? `Recover from ${told['teacher']}${steps}` : `Train${steps}`;
}
