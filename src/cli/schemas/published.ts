import { LEARNING } from './learning.ts';
import { MEASURES } from './measures.ts';
import { MODELS } from './models.ts';
import { REPORT } from './report.ts';
import { anything, object, text, type Schema } from './schema.ts';

/** The version of all results: what is told of them holds until it changes. */
const VERSION = 1;

const ERROR = object({ error: object({ code: text, message: text, data: { type: 'object' } }) });

/** What is no command's result. */
const TITLES: Readonly<Record<string, string>> = {
  error: 'What --json prints where a command fails',
  report: 'What a report holds',
};

/** By command; `error`: what is printed where one fails; `report`: what a report holds. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...MODELS,
  ...MEASURES,
  ...LEARNING,
  completion: object({ shell: text, script: text }),
  schema: { ...anything, type: 'object' },
  report: REPORT,
  error: ERROR,
};

export const schemaNames = (): readonly string[] => Object.keys(SCHEMAS);

/** The schema of a command's result, of `error` or of `report`, as it is published; null: there is none of that name. */
export function schemaFor(name: string): object | null {
  const schema = SCHEMAS[name];
  if (!schema) return null;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:whittle:${name}:${VERSION}`,
    title: TITLES[name] ?? `What whittle ${name} --json prints`,
    ...schema,
  };
}
