import { UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { completedCommands } from '../completion/table.ts';
import { zshCompletion } from '../completion/zsh.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

const isShell = (name: string): name is keyof typeof SHELLS => Object.hasOwn(SHELLS, name);

/** @param all every command, this one included */
export const completionOf = (all: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: 'Prints what completes commands, options and their values in a shell.',
  positionals: ['SHELL'],
  words: Object.keys(SHELLS),
  options: {},
  notes: [
    'bash: eval "$(whittle completion bash)" in ~/.bashrc. zsh: whittle completion zsh > a folder of $fpath, as _whittle. fish: whittle completion fish | source.',
  ],
  examples: ['whittle completion bash'],
  run(args, output) {
    const [shell = ''] = args.positionals;
    if (!isShell(shell))
      throw new UsageError(`There is completion for ${Object.keys(SHELLS).join(', ')}, not ${shell}.`);
    const script = SHELLS[shell](completedCommands(all()));
    output.result({ shell, script }, [script]);
    return Promise.resolve(0);
  },
});
