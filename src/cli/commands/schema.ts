import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { schemaFor, schemaNames } from '../schemas/published.ts';

const everySchema = (): object => Object.fromEntries(schemaNames().map((name) => [name, schemaFor(name)]));

export const schema: Command = {
  name: 'schema',
  summary: 'Prints the JSON Schema of what a command prints with --json; of all, without COMMAND.',
  positionals: ['[COMMAND]'],
  words: schemaNames(),
  options: {},
  notes: [
    'What is printed where a command fails is told by `whittle schema error`. Fields may be added to results, never taken away or given another type without another version in the schema’s $id.',
  ],
  examples: ['whittle schema inspect'],
  run(args, output) {
    const [name] = args.positionals;
    const value = name === undefined ? everySchema() : schemaFor(name);
    if (!value) throw new UsageError(`There is a schema for ${schemaNames().join(', ')}, not ${name}.`);
    output.result(value, [JSON.stringify(value, null, 2)]);
    return Promise.resolve(0);
  },
};
