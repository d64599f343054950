import type { Command } from './command.ts';
import { COMMON, optionUse, usageOf } from './help.ts';
import { schemaFor, schemaNames } from './schemas/published.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

const optionRows = (command: Command): string[] =>
  Object.entries(command.options).map(
    ([name, option]) => `| ${cell(`\`${optionUse(name, option)}\``)} | ${cell(option.help)} |`,
  );

function section(command: Command): string[] {
  const rows = optionRows(command);
  return [
    `## ${command.name}`,
    '',
    `${command.summary} Prints with \`--json\`: [${command.name}](schema/${command.name}.json).`,
    '',
    '```sh',
    ...command.examples,
    '```',
    '',
    `\`${usageOf(command)}\``,
    '',
    ...(command.notes ?? []).flatMap((note) => [cell(note), '']),
    ...(rows.length > 0 ? ['| option | |', '| --- | --- |', ...rows, ''] : []),
  ];
}

const common = (): string[] =>
  Object.entries(COMMON).map(([name, option]) => `- \`${optionUse(name, option)}\`: ${option.help}`);

/** The page on the command line, in Markdown, out of the commands' own tables. */
export const commandLinePage = (commands: readonly Command[]): string =>
  [
    '# The command line',
    '',
    'From a checkout `npm run --silent whittle -- COMMAND …`, as a package `whittle COMMAND …`. In a build: [ci.md](ci.md).',
    '',
    'This page is written by `node scripts/write-docs.mjs` out of what `whittle COMMAND --help` says; a test runs each',
    'example in a folder with a `model.onnx` and a few in `models/`, and holds what `--json` prints to its schema.',
    '',
    'Results go to stdout, all else to stderr. Exit codes: 0 done, 1 the model or the verdict is bad, 2 wrong usage;',
    '130 after Ctrl+C. A file that is written is there as a whole or not at all. Colours and progress appear on a terminal',
    'only; `NO_COLOR` and `FORCE_COLOR` are heard.',
    '',
    'Each command takes:',
    '',
    ...common(),
    '',
    ...commands.flatMap(section),
  ].join('\n');

/** The published schemas, by the names of their files. */
export const schemaFiles = (): ReadonlyMap<string, object | null> =>
  new Map(schemaNames().map((name) => [`${name}.json`, schemaFor(name)]));
