import { CodedError } from '../../base/error.ts';
import type { Json } from '../../base/json.ts';
import type { SparsityOptions, SparsityPattern, SparsityScope, WeightImportanceId } from './types.ts';

/** The largest group or block side, elements. */
const LONGEST = 1024;

/**
 * The pass's options with their types. Numbers and choices have been checked before; texts and structured ones are
 * checked here. Throws `bad-request` with what is wanted.
 */
export function sparsityOptions(values: Readonly<Record<string, Json>>): SparsityOptions {
  return {
    sparsity: Number(values['sparsity']),
    scope: values['scope'] as SparsityScope,
    importance: values['importance'] as WeightImportanceId,
    pattern: patternOf(values),
    sparsities: sharesOf(values['sparsities'] ?? {}),
    protected: namesOf(values['protected'] ?? []),
    embeddings: values['embeddings'] === true,
    seed: Number(values['seed']),
  };
}

function patternOf(values: Readonly<Record<string, Json>>): SparsityPattern {
  const pattern = values['pattern'] as string;
  if (pattern === 'unstructured') return { kind: 'unstructured' };
  if (pattern === 'block') {
    const [outputs, reduction] = pairOf(
      'block',
      values['block'] as string,
      /^(\d+)[x×](\d+)$/i,
      'outputs x inputs such as 4x1',
    );
    return { kind: 'block', outputs, reduction, norm: values['blockNorm'] === 'l1' ? 'l1' : 'l2' };
  }
  const text = pattern === 'n:m' ? (values['nm'] as string) : pattern;
  const [keep, of] = pairOf('nm', text, /^(\d+):(\d+)$/, 'N:M, such as 1:4');
  if (keep >= of) throw refused('nm', 'N:M with N smaller than M');
  return { kind: 'n:m', keep, of };
}

function pairOf(option: string, text: string, form: RegExp, wanted: string): readonly [number, number] {
  const match = form.exec(text.trim());
  const [a, b] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || a < 1 || b < 1 || a > LONGEST || b > LONGEST) {
    throw refused(option, `${wanted}, of numbers from 1 to ${LONGEST}`);
  }
  return [a, b];
}

function sharesOf(value: Json): Record<string, number> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused('sparsities', 'shares by weight name');
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, share]: [string, Json]) => {
      if (typeof share !== 'number' || !(share >= 0 && share <= 1)) {
        throw refused(`sparsities of ${name}`, 'a number from 0 to 1');
      }
      return [name, share];
    }),
  );
}

function namesOf(value: Json): string[] {
  if (!Array.isArray(value)) throw refused('protected', 'a list of weight names');
  return value.map((name: Json) => {
    if (typeof name !== 'string') throw refused('protected', 'a list of weight names');
    return name;
  });
}

const refused = (option: string, wanted: string): CodedError =>
  new CodedError('bad-request', `Option "${option}" of prune-weights must be ${wanted}.`, { option });
