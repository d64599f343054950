import { passInfos } from '../../engine/catalogue.ts';
import { BACKENDS, backendOption, passOptions, setOption } from '../options.ts';
import { UsageError } from '../arguments.ts';
import { openStudio } from '../studio.ts';
import type { Command } from '../command.ts';

/** What a hand edit takes, where it found no place. */
function askedFor(pass: string): string[] {
  const info = passInfos().find(({ id, group }) => id === pass && group === 'edit');
  return Object.entries(info?.options ?? {}).map(([name, { label }]) => `  --set ${name}=…  ${label}`);
}

export const sites: Command = {
  name: 'sites',
  summary: 'Shows where a pass applies, and each near miss with its reason.',
  positionals: ['MODEL'],
  options: {
    pass: { type: 'string', value: 'ID', help: 'the pass, as listed by `whittle passes`' },
    ...backendOption,
    ...setOption,
  },
  async run(args, output, job) {
    const pass = args.text('pass');
    if (!pass) throw new UsageError('--pass is missing.');
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    studio.setBackend(args.choice('backend', BACKENDS) ?? 'wasm');
    const [found] = await studio.sites([pass], { [pass]: passOptions(args, pass) }, job);
    if (!found) throw new UsageError(`There is no pass ${pass}.`);
    const named = (nodes: readonly number[]): string[] => nodes.map((node) => studio.nodeLabel(node));
    const result = {
      sites: found.sites.map(({ key, nodes, what }) => ({ id: key, nodes: named(nodes), what })),
      refusals: found.refusals.map(({ nodes, reason }) => ({ nodes: named(nodes), reason })),
      ...(found.unavailable ? { unavailable: found.unavailable } : {}),
    };
    output.result(result, [
      `${result.sites.length} sites`,
      ...result.sites.map((site) => `  ${site.what}  ${site.id}`),
      `${result.refusals.length} near misses`,
      ...result.refusals.map((miss) => `  ${miss.reason}  ${miss.nodes.join(', ')}`),
      ...(found.unavailable ? [found.unavailable] : []),
      ...(result.sites.length === 0 ? askedFor(pass) : []),
    ]);
    return 0;
  },
};
