import type { Json } from '../../base/json.ts';
import { passInfos } from '../../engine/catalogue.ts';
import { BACKENDS, backendOption, passOptions, setOption } from '../options.ts';
import { UsageError } from '../arguments.ts';
import { openStudio } from '../studio.ts';
import type { Backend } from '../../rewrite/pass.ts';
import type { Command } from '../command.ts';
import { MANY_NOTE, overModels, type Finding, type Surroundings } from '../many.ts';

/** What a hand edit takes, where it found no place. */
function askedFor(pass: string): string[] {
  const info = passInfos().find(({ id, group }) => id === pass && group === 'edit');
  return Object.entries(info?.options ?? {}).map(([name, { label }]) => `  --set ${name}=…  ${label}`);
}

interface Asked {
  readonly pass: string;
  readonly backend: Backend;
  readonly options: Readonly<Record<string, Json>>;
}

async function sitesOf(path: string, asked: Asked, { port, job }: Surroundings): Promise<Finding> {
  const { pass, backend, options } = asked;
  const { studio } = await openStudio(path, job, port);
  studio.setBackend(backend);
  const [found] = await studio.sites([pass], { [pass]: options }, job);
  if (!found) throw new UsageError(`There is no pass ${pass}.`);
  const named = (nodes: readonly number[]): string[] => nodes.map((node) => studio.nodeLabel(node));
  const value = {
    sites: found.sites.map(({ key, nodes, what }) => ({ id: key, nodes: named(nodes), what })),
    refusals: found.refusals.map(({ nodes, reason }) => ({ nodes: named(nodes), reason })),
    ...(found.unavailable ? { unavailable: found.unavailable } : {}),
  };
  const lines = [
    `${value.sites.length} sites`,
    ...value.sites.map((site) => `  ${site.what}  ${site.id}`),
    `${value.refusals.length} near misses`,
    ...value.refusals.map((miss) => `  ${miss.reason}  ${miss.nodes.join(', ')}`),
    ...(found.unavailable ? [found.unavailable] : []),
    ...(value.sites.length === 0 ? askedFor(pass) : []),
  ];
  const cells = [String(value.sites.length), String(value.refusals.length)];
  return { value, lines, ok: true, cells, verdict: value.sites.length > 0 ? 'applies' : 'nowhere' };
}

export const sites: Command = {
  name: 'sites',
  summary: 'Shows where a pass applies, and each near miss with its reason.',
  positionals: ['MODEL…'],
  options: {
    pass: { type: 'string', value: 'ID', help: 'the pass, as listed by `whittle passes`' },
    ...backendOption,
    ...setOption,
  },
  notes: [MANY_NOTE],
  examples: ['whittle sites model.onnx --pass fold-batch-norm'],
  run(args, output, job) {
    const pass = args.text('pass');
    if (!pass) throw new UsageError('--pass is missing.');
    const backend = args.choice('backend', BACKENDS) ?? 'wasm';
    const options = passOptions(args, pass);
    return overModels(args, output, job, {
      heads: ['sites', 'near misses'],
      one: (path, around) => sitesOf(path, { pass, backend, options }, around),
    });
  },
};
