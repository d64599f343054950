import { formatBytes, formatInteger } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { kvReport, type KvReport, type KvShape } from '../../engine/kv/report.ts';
import type { PositionKind, PositionTable } from '../../kv/report/positions.ts';
import type { Arguments } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import { table, type Output } from '../output.ts';
import { openStudio } from '../studio.ts';

const tableText = (of: PositionTable | null): string => (of ? ` of ${formatInteger(of.rows)} rows (${of.name})` : '');

const MODES = { half: 'halves of a head, ', pair: 'pairs of neighbours, ', unknown: '' } as const;

function positionText(kind: PositionKind): string {
  switch (kind.kind) {
    case 'rotary': {
      return `rotary, ${MODES[kind.mode ?? 'unknown']}${kind.from === 'table' ? `from a table${tableText(kind.table)}` : 'computed'}`;
    }
    case 'added':
      return kind.from === 'table'
        ? `added to tokens from a table${tableText(kind.table)}`
        : 'added to tokens, computed';
    case 'alibi':
      return 'added to scores by distance (ALiBi)';
    default:
      return kind satisfies never;
  }
}

function cacheText({ noDecoder, policy, attention, misses }: KvReport): string {
  const fused = attention.flatMap(({ operator, count }) => (operator === null ? [] : [`${count} ${operator}`]));
  const written = attention.find(({ operator }) => operator === null);
  const parts = [
    ...fused,
    ...(written ? [`${written.count} written out`] : []),
    ...(misses.length > 0 ? [`${misses.length} not understood`] : []),
  ];
  const how = parts.join(', ') || 'none';
  const kept = policy.kind === 'none' ? 'without a cache' : `with a cache: ${policyText(policy)}`;
  return `${noDecoder === null ? `a decoder ${kept}` : 'no decoder'}; attention: ${how}`;
}

const policyText = ({ kind, ...sizes }: KvReport['policy']): string =>
  [kind, ...Object.entries(sizes).map(([name, size]) => `${name} ${size}`)].join(', ');

const told = (number: number | null): string => (number === null ? '?' : formatInteger(number));

function formula({ layers, kvHeads, headSize, valueSize, dtype }: KvShape, bytes: number): string {
  const sides =
    valueSize === null ? `2·${layers}·${kvHeads}·${headSize}` : `${layers}·${kvHeads}·(${headSize} + ${valueSize})`;
  return `${formatInteger(bytes)} = ${sides} numbers of ${dtype}${dtype === 'int8' ? ', and scales' : ''}`;
}

function lengthText({ positions, policy, noLonger }: KvReport): string {
  const ends = positions?.ends;
  if (!ends) return 'no table ends it';
  const rows = `${formatInteger(ends.rows)} rows of ${ends.name}`;
  const isEndless = policy.kind === 'streaming' && policy.sinks + policy.window <= ends.rows;
  if (isEndless) return `no end: places in the cache stay below the ${rows}`;
  return `up to ${rows}; ${noLonger === null ? 'extend-positions makes them more' : noLonger}`;
}

export function reportLines(report: KvReport): string[] {
  const { shape, bytesPerToken, positions, policies, noDecoder, misses } = report;
  const kinds = positions?.kinds.map(positionText) ?? [];
  const rows = [
    ['model', cacheText(report)],
    ...(noDecoder === null ? [] : [['why', noDecoder]]),
    ...misses.slice(0, 1).map((miss) => ['not understood', miss]),
    ...(shape
      ? [
          ['layers', String(shape.layers)],
          [
            'heads',
            `${told(shape.heads)} of queries, ${told(shape.kvHeads)} of keys and values, ${told(shape.headSize)} wide`,
          ],
        ]
      : []),
    ...(shape && bytesPerToken !== null ? [['bytes a token', formula(shape, bytesPerToken)]] : []),
    ...(positions
      ? [
          ['positions', kinds.join('; ') || 'none but the order of the mask'],
          ['text', lengthText(report)],
        ]
      : []),
  ];
  const told1024 = policies.map(({ policy, steps, reason, bytes }) => [
    policy,
    reason === null ? 'yes' : 'no',
    bytes === null ? '' : formatBytes(bytes),
    reason ?? (steps.length > 0 ? steps.join(', ') : 'as it is'),
  ]);
  return [...table(rows), '', ...table([['policy', 'can', '1,024 tokens', ''], ...told1024], [2])];
}

export async function runReport(args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const { studio } = await openStudio(args.positionals[1] ?? '', job);
  const report = await kvReport(studio.stopOf(0).model, job);
  output.result(report, reportLines(report));
  return 0;
}
