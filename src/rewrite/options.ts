import { CodedError } from '../base/error.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Backend, OptionSpec, OptionValues, Pass } from './pass.ts';

/**
 * The pass's options with defaults filled in. An unknown option or a value out of bounds is a `bad-request` that names
 * the option and its bounds.
 */
export function resolveOptions(pass: Pass, given: OptionValues): OptionValues {
  for (const name of Object.keys(given)) {
    if (pass.options[name] === undefined) {
      const known = Object.keys(pass.options).join(', ') || 'none';
      throw refused(pass, name, `${pass.id} has no option "${name}". Its options: ${known}.`);
    }
  }
  const entries = Object.entries(pass.options).map(([name, spec]): [string, Json] => {
    const value = given[name];
    if (value === undefined) return [name, spec.default];
    const wanted = expectation(spec, value);
    if (wanted !== null) {
      throw refused(pass, name, `Option "${name}" of ${pass.id} must be ${wanted}, not ${JSON.stringify(value)}.`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

function refused(pass: Pass, option: string, message: string): CodedError {
  const data: JsonObject = { pass: pass.id, option };
  return new CodedError('bad-request', message, data);
}

/** What the option wants, in words; null: the value is fine. */
function expectation(spec: OptionSpec, value: Json): string | null {
  switch (spec.type) {
    case 'number':
      return typeof value === 'number' && value >= spec.min && value <= spec.max
        ? null
        : `a number from ${spec.min} to ${spec.max}`;
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false';
    case 'choice':
      return spec.choices.some((choice) => choice.value === value)
        ? null
        : `one of ${spec.choices.map((choice) => choice.value).join(', ')}`;
    case 'text':
      return typeof value === 'string' ? null : 'text';
    case 'json':
      return null;
    default:
      return spec satisfies never;
  }
}

const MADE_FOR: Readonly<Record<Backend, string>> = {
  wasm: 'WASM',
  webgpu: 'WebGPU',
  portable: 'any runtime (only ai.onnx operators)',
};

/** Why the pass may not be used for this backend; null: it may. */
export function unavailable(pass: Pass, backend: Backend): string | null {
  if (pass.backends.includes(backend)) return null;
  const suited = pass.backends.map((each) => MADE_FOR[each]).join(' or ');
  return `${pass.title} makes graphs for ${suited}; this one is meant for ${MADE_FOR[backend]}.`;
}
