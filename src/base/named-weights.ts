import type { Json } from './json.ts';

interface Step {
  readonly options: Readonly<Record<string, Json>>;
}

/** SHA-256 of the learnt weights that steps of a recipe name, each once. */
export const weightsNamed = (steps: readonly Step[]): readonly string[] => [
  ...new Set(
    steps.flatMap(({ options: { weights } }) => (typeof weights === 'string' && weights !== '' ? weights : [])),
  ),
];
