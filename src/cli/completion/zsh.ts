import type { CompletedCommand, CompletedOption, Offer } from './table.ts';

/** Text between single quotes, in a description where brackets and colons mean something. */
const plain = (text: string): string => text.replaceAll(/[\\[\]:]/g, (sign) => `\\${sign}`).replaceAll("'", "'\\''");

function action({ words, files }: Offer): string {
  if (files && words.length > 0) return `{compadd -- ${words.join(' ')}; _files}`;
  return files ? '_files' : words.length > 0 ? `(${words.join(' ')})` : ' ';
}

const specs = ({ names, help, offer }: CompletedOption): string[] =>
  names.map((name) => `'*${name}[${plain(help)}]${offer ? `:value:${action(offer)}` : ''}'`);

function commandCase({ name, options, first }: CompletedCommand): string {
  const rest = first.words.length > 0 ? [`'1:what:${action(first)}'`, "'*:file:_files'"] : [`'*:file:_files'`];
  const all = [...options.flatMap(specs), ...(first.files || first.words.length > 0 ? rest : [])];
  return `    ${name}) _arguments \\\n      ${all.join(' \\\n      ')} ;;`;
}

export const zshCompletion = (commands: readonly CompletedCommand[]): string =>
  [
    '#compdef whittle',
    '# Completion of whittle for zsh: whittle completion zsh > "${fpath[1]}/_whittle"',
    '_whittle() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    '${name}:${plain(summary)}'`),
    '  )',
    '  if (( CURRENT == 2 )); then _describe command commands; return; fi',
    '  local command="$words[2]"',
    '  shift words; (( CURRENT-- ))',
    '  case "$command" in',
    ...commands.map(commandCase),
    '  esac',
    '}',
    'if [ "$funcstack[1]" = "_whittle" ]; then _whittle "$@"; else compdef _whittle whittle; fi',
  ].join('\n');
