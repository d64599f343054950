import type { ChangeView, Difference } from '../../engine/compare-types.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { PortChange } from '../../analysis/graph-diff-types.ts';
import { facetText } from '../../base/changes.ts';
import { bytesPair, countPair, formatBytes, formatPair, plural } from '../../base/format.ts';
import type { Command } from '../command.ts';
import { modelAt } from '../model-at.ts';
import { table } from '../output.ts';
import { openStudio } from '../studio.ts';

/** Weights beyond this are said to be not compared, bytes. */
const WEIGHT_BUDGET = 8e9;

/** A change with its nodes by name, as it is printed. */
interface NamedChange extends Omit<ChangeView, 'before' | 'after' | 'steps'> {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const portText = ({ port, before, after }: PortChange): string[] => [
  before === null ? 'added' : after === null ? 'removed' : 'changed',
  `${port} ${before ? `${before.name} ${before.type}` : ''}`.trim(),
  after ? `${after.name} ${after.type}` : '',
];

const ROWS: readonly (readonly [string, (a: ModelSummary, b: ModelSummary) => string])[] = [
  ['nodes', (a, b) => formatPair(countPair(a.nodes, b.nodes))],
  ['parameters', (a, b) => formatPair(countPair(a.parameters, b.parameters))],
  ['MACs', (a, b) => formatPair(countPair(a.macs, b.macs))],
  ['size', (a, b) => formatPair(bytesPair(a.bytes, b.bytes))],
  ['peak activations', (a, b) => formatPair(bytesPair(a.peakActivationBytes, b.peakActivationBytes))],
];

function diffLines(difference: Difference, changes: readonly NamedChange[], equal: boolean): string[] {
  const { a, b, ports, model, same, unreadBytes } = difference;
  const rows = [
    ...model.map(({ what, before, after }) => ['changed', `${what}: ${before || 'none'}`, after || 'none', '']),
    ...ports.map((port) => [...portText(port), '']),
    ...changes.map(({ kind, before, after, what }) => [
      kind,
      before.join(', '),
      after.join(', '),
      what.map(facetText).join('; '),
    ]),
  ];
  const unread = unreadBytes > 0 ? [`${formatBytes(unreadBytes)} of weights were not compared.`] : [];
  return [
    ...table(rows.map(([kind = '', from = '', to = '', what = '']) => [kind, from || '–', to || '–', what])),
    ...(rows.length > 0 ? [''] : []),
    ...table(ROWS.map(([title, text]) => [title, text(a.summary, b.summary)])),
    ...unread,
    equal ? 'Nothing differs.' : `${plural(changes.length, 'change')}, ${plural(same, 'node')} the same.`,
  ];
}

export const diff: Command = {
  name: 'diff',
  summary: 'Lists what differs between two models: nodes, interface, attributes, shapes, weights. Exits with 0.',
  positionals: ['A', 'B'],
  options: {},
  examples: ['whittle diff model.onnx small.onnx'],
  async run(args, output, job) {
    const [a = '', b = ''] = args.positionals;
    const { studio } = await openStudio(a, job);
    const { missing } = await studio.openSecond(await modelAt(b), job);
    for (const location of missing) output.note(`External data ${location} is missing beside ${b}.`);
    const request = { a: 0, b: 'second', weightBudget: WEIGHT_BUDGET } as const;
    const difference = await studio.difference(request, job);
    const { a: left, b: right, ports, model, same, unreadBytes } = difference;
    const changes = difference.changes.map(({ kind, before, after, what }): NamedChange => ({
      kind,
      before: before.map((id) => studio.nodeLabel(id)),
      after: after.map((id) => studio.secondLabel(id)),
      what,
    }));
    const equal = changes.length === 0 && ports.length === 0 && model.length === 0;
    const printed = { equal, changes, same, ports, model, unreadBytes, before: left.summary, after: right.summary };
    output.result(printed, diffLines(difference, changes, equal));
    return 0;
  },
};
