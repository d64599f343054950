import type { CompletedCommand, CompletedOption } from './table.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function option(command: string, { names, help, offer }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = offer
    ? [offer.files ? '-r -F' : '-x', ...(offer.words.length > 0 ? [`-a ${quoted(offer.words.join(' '))}`] : [])]
    : [];
  return [
    'complete -c whittle',
    `-n ${quoted(`__fish_seen_subcommand_from ${command}`)}`,
    ...flags,
    ...value,
    `-d ${quoted(help)}`,
  ].join(' ');
}

export const fishCompletion = (commands: readonly CompletedCommand[]): string =>
  [
    '# Completion of whittle for fish: whittle completion fish | source',
    ...commands.map(
      ({ name, summary }) => `complete -c whittle -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(({ name, options, first }) => [
      ...options.map((each) => option(name, each)),
      ...(first.words.length > 0
        ? [
            `complete -c whittle -f -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -a ${quoted(first.words.join(' '))}`,
          ]
        : []),
    ]),
  ].join('\n');
