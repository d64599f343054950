import type { ProfileView } from './types.ts';

/** One run as Chrome's trace viewer and Perfetto read it (Trace Event Format, complete events, µs). */
export function chromeTrace({ name, title, rows, timeline, ms }: ProfileView): string {
  const common = { ph: 'X', pid: 1, tid: 1 };
  const events = timeline.map(({ row, op, start, ms: span }) => {
    const { label, name: node, scope, movers } = rows[row]!;
    const args = { node, scope: scope.join('/'), operator: op, ...(movers.includes(op) ? { for: label } : {}) };
    return { ...common, name: `${op} ${label}`, cat: 'kernel', ts: start * 1000, dur: span * 1000, args };
  });
  const whole = Math.max(ms, ...timeline.map(({ start, ms: span }) => start + span));
  const run = { ...common, name: 'run', cat: 'run', ts: 0, dur: whole * 1000, args: { model: name, title } };
  return JSON.stringify({ traceEvents: [run, ...events], displayTimeUnit: 'ms' });
}

const COLUMNS = [
  'node',
  'label',
  'name',
  'op',
  'ranAs',
  'kind',
  'scope',
  'calls',
  'ms',
  'spreadMs',
  'movedMs',
  'provider',
  'macs',
  'flops',
  'bytes',
  'gflops',
  'bound',
  'without a time',
] as const;

const quoted = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A line for each row; what is not known is left empty. */
export function profileCsv({ rows }: ProfileView): string {
  const lines = rows.map((row) => {
    const { timeless } = row;
    const why = timeless ? (timeless.kind === 'inside' ? `inside ${timeless.label}` : timeless.kind) : null;
    const values = { ...row, scope: row.scope.join('/'), bound: row.bound?.words ?? null, 'without a time': why };
    return COLUMNS.map((column) => quoted(String(values[column] ?? ''))).join(',');
  });
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
