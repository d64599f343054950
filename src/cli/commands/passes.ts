import { passInfos } from '../../engine/catalogue.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';

export const passes: Command = {
  name: 'passes',
  summary: 'Lists every pass with its group, exactness, needs and options.',
  positionals: [],
  options: {},
  examples: ['whittle passes'],
  async run(_args, output) {
    const all = passInfos();
    const rows = all.map((pass) => [pass.group, pass.id, pass.preserves, pass.title]);
    output.result(all, table(rows));
    return 0;
  },
};
