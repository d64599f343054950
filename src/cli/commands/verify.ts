import { EXACTNESS } from '../../base/exactness.ts';
import { formatError } from '../../base/format.ts';
import type { VerifyRequest, VerifyResult } from '../../verify/types.ts';
import { nodePort, readTestData, saveFeeds } from '../../engine/node.ts';
import { openStudio } from '../studio.ts';
import { table } from '../output.ts';
import type { Command } from '../command.ts';

/** A pruned model that runs is no agreement: how close it is stands beside it. */
export function verifyLines(result: VerifyResult): string[] {
  const close = result.class === 'approximation';
  const verdict = close && result.verdict === 'agrees' ? 'approximates' : result.verdict;
  const rows = result.outputs.map((each) => [
    each.ok ? (close ? '~' : 'ok') : 'DIFFERS',
    each.name,
    `max |Δ| ${formatError(each.maxAbs)}`,
    `relative ${formatError(each.maxRel)}`,
    `allowed ${formatError(each.allowed)}`,
    `cosine ${each.cosine.toFixed(6)}`,
  ]);
  return [...table(rows), `${verdict}: ${result.message}`];
}

export const verify: Command = {
  name: 'verify',
  summary: 'Runs two models on the same inputs and compares every output.',
  positionals: ['A', 'B'],
  options: {
    class: { type: 'string', value: EXACTNESS.join('|'), help: 'how exact B must be (order)' },
    seeds: { type: 'string', value: 'N', help: 'random inputs beside the special ones (3)' },
    threads: { type: 'string', value: 'N', help: 'WASM threads (1)' },
    inputs: { type: 'string', value: 'DIR', help: 'a folder of ONNX test data (input_0.pb, …) to compare on too' },
    'save-failing': { type: 'string', value: 'FILE', help: 'write the input with the worst difference as .npz' },
  },
  async run(args, output, job) {
    const chosen = args.choice('class', EXACTNESS);
    if (!chosen) output.note('No --class was given: judged at `order`.');
    const [a, b] = args.positionals;
    const request: VerifyRequest = {
      class: chosen ?? 'order',
      seeds: args.number('seeds', { min: 1, max: 100, integer: true }) ?? 3,
      backends: ['wasm'],
      levels: ['disabled', 'all'],
      threads: args.number('threads', { min: 1, max: 64, integer: true }) ?? 1,
    };
    const inputs = args.text('inputs');
    const left = await openStudio(a ?? '', job);
    const right = await openStudio(b ?? '', job);
    const port = nodePort(inputs ? readTestData(inputs) : []);
    const result = await port.verify(left.studio.exportModel(), right.studio.exportModel(), request, job);
    const { failing, ...printed } = result;
    const saveTo = args.text('save-failing');
    if (saveTo && failing) saveFeeds(saveTo, failing.feeds);
    output.result(printed, verifyLines(result));
    return result.ok ? 0 : 1;
  },
};
