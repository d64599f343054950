import { formatError, plural } from '../../base/format.ts';
import type { Bisection } from '../../engine/bisect-types.ts';
import { BACKENDS, backendOption, setOption } from '../options.ts';
import type { Command } from '../command.ts';
import { openStudio } from '../studio.ts';
import { rewrite } from './optimize.ts';

function lines({ step, site, value, message, checks }: Bisection): string[] {
  return [
    ...(step ? [`step   ${step.index} ${step.pass}: ${step.title}`] : []),
    ...(site
      ? [`site   ${site.number} of ${site.of}: ${site.key}`, ...site.nodes.map((node) => `       ${node}`)]
      : []),
    ...(value
      ? [`value  ${value.name}: relative ${formatError(value.maxRel)}, allowed ${formatError(value.allowed)}`]
      : []),
    message,
    `${plural(checks, 'comparison')} on the runtime.`,
  ];
}

export const bisect: Command = {
  name: 'bisect',
  summary:
    'Finds the first step of a recipe, its first site and the first value where the result parts from the original.',
  positionals: ['MODEL'],
  options: {
    recipe: { type: 'string', value: 'FILE|PRESET', help: 'a recipe file, or clean, wasm, webgpu, portable, edge' },
    pass: { type: 'string', multiple: true, value: 'ID', help: 'a pass; may be given several times' },
    seeds: { type: 'string', value: 'N', help: 'random inputs beside the special ones (2)' },
    ...backendOption,
    ...setOption,
  },
  examples: ['whittle bisect model.onnx --recipe wasm'],
  async run(args, output, job) {
    const seeds = args.number('seeds', { min: 1, max: 100, integer: true }) ?? 2;
    const { studio } = await openStudio(args.positionals[0] ?? '', job);
    const backend = args.choice('backend', BACKENDS);
    if (backend) studio.setBackend(backend);
    await rewrite(studio, args, job);
    const found = await studio.bisect({ seeds, backends: ['wasm'], levels: ['disabled'], threads: 1 }, job);
    output.result(found, lines(found));
    return found.verdict === 'differs' ? 1 : 0;
  },
};
