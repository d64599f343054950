import type { Options } from './arguments.ts';
import type { Command } from './command.ts';

/** Options of every command. */
export const COMMON: Options = {
  json: { type: 'boolean', help: 'print one JSON object on stdout and nothing else; see `whittle schema`' },
  progress: { type: 'boolean', help: 'tell progress on stderr, also where that is no terminal' },
  help: { type: 'boolean', short: 'h', help: 'print this help' },
};

export const usageOf = (command: Command): string =>
  `whittle ${[command.name, ...command.positionals].join(' ')} [options]`;

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Whittle shapes ONNX models for the edge.',
    '',
    'whittle COMMAND …',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Exit codes: 0 done, 1 the model or the verdict is bad, 2 wrong usage.',
    'whittle COMMAND --help says more; whittle --version names the version.',
  ].join('\n');
}

/** `-o, --out OUT` */
export const optionUse = (name: string, { short, type, value }: Options[string]): string =>
  `${short ? `-${short}, ` : ''}--${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`;

export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...COMMON }).map(
    ([name, option]) => `  ${optionUse(name, option).padEnd(34)} ${option.help}`,
  );
  const notes = (command.notes ?? []).flatMap((note) => ['', ...wrapped(note)]);
  const examples = command.examples.map((example) => `  ${example}`);
  return [usageOf(command), '', command.summary, '', ...rows, ...notes, '', 'For instance:', ...examples].join('\n');
}

const WIDTH = 110;

/** A paragraph in lines of at most `WIDTH` characters. */
function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
