import type { CompletedCommand, CompletedOption, Offer } from './table.ts';

const quoted = (words: readonly string[]): string => `'${words.join(' ')}'`;

/** Sets COMPREPLY to what begins as the word under the cursor does. */
function reply({ words, files }: Offer): string {
  const parts = [
    ...(words.length > 0 ? [`$(compgen -W ${quoted(words)} -- "$cur")`] : []),
    ...(files ? ['$(compgen -f -- "$cur")'] : []),
  ];
  return `${files ? 'compopt -o filenames 2>/dev/null; ' : ''}COMPREPLY=(${parts.join(' ')})`;
}

const valueCase = ({ names, offer }: CompletedOption): string[] =>
  offer ? [`        ${names.join('|')}) ${reply(offer)}; return ;;`] : [];

function commandCase({ name, options, first }: CompletedCommand): string[] {
  return [
    `    ${name})`,
    '      case "$prev" in',
    ...options.flatMap(valueCase),
    '      esac',
    `      if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W ${quoted(options.flatMap(({ names }) => names))} -- "$cur"))`,
    // Words are for the first argument; behind it come files.
    first.words.length > 0
      ? `      elif (( COMP_CWORD == 2 )); then ${reply(first)}\n      else ${reply({ words: [], files: true })}; fi ;;`
      : `      else ${first.files ? reply(first) : ':'}; fi ;;`,
  ];
}

export const bashCompletion = (commands: readonly CompletedCommand[]): string =>
  [
    '# Completion of whittle for bash: eval "$(whittle completion bash)"',
    '_whittle() {',
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" IFS=$\' \\t\\n\'',
    '  COMPREPLY=()',
    '  if (( COMP_CWORD == 1 )); then',
    `    COMPREPLY=($(compgen -W ${quoted(['help', ...commands.map(({ name }) => name)])} -- "$cur"))`,
    '    return',
    '  fi',
    '  case "${COMP_WORDS[1]}" in',
    ...commands.flatMap(commandCase),
    '  esac',
    '}',
    'complete -F _whittle whittle',
  ].join('\n');
