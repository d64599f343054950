import { LEARNING } from './learning.ts';
import { MEASURES } from './measures.ts';
import { MODELS } from './models.ts';
import { anything, object, text, type Schema } from './schema.ts';

/** The version of all results: what is told of them holds until it changes. */
const VERSION = 1;

const ERROR = object({ error: object({ code: text, message: text, data: { type: 'object' } }) });

/** By command, and `error`: what is printed where a command fails. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...MODELS,
  ...MEASURES,
  ...LEARNING,
  completion: object({ shell: text, script: text }),
  schema: { ...anything, type: 'object' },
  error: ERROR,
};

export const schemaNames = (): readonly string[] => Object.keys(SCHEMAS);

/** The schema of a command's result, or of `error`, as it is published; null: there is none of that name. */
export function schemaFor(name: string): object | null {
  const schema = SCHEMAS[name];
  if (!schema) return null;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:whittle:${name}:${VERSION}`,
    title: name === 'error' ? 'What --json prints where a command fails' : `What whittle ${name} --json prints`,
    ...schema,
  };
}
