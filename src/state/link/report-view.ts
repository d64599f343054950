/** What a link shows of a report, and the page where a model is not at hand. Numbers as the report has them: bytes, ms, counts. */
export interface ReportView {
  readonly title: string;
  /** ISO 8601; '': not told. */
  readonly createdAt: string;
  readonly tool: string;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly before: ReportFigures;
  readonly after: ReportFigures;
  readonly steps: readonly ReportStepView[];
  readonly verify: { readonly verdict: string; readonly message: string } | null;
  readonly bench: readonly ReportBenchView[];
  /** What it was measured on: label and value. */
  readonly device: readonly (readonly [string, string])[];
  readonly limits: readonly string[];
}

export interface ReportFigures {
  readonly nodes: number | null;
  readonly bytes: number | null;
  readonly parameters: number | null;
  readonly macs: number | null;
  readonly peakActivationBytes: number | null;
}

export interface ReportStepView {
  readonly title: string;
  readonly sites: number | null;
  readonly nodes: number | null;
  readonly bytes: number | null;
  readonly verdict: string;
  readonly message: string;
}

export interface ReportBenchView {
  readonly where: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly ratio: number | null;
  readonly interval: readonly [number, number] | null;
  readonly verdict: string;
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const rows = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

function figures(value: unknown): ReportFigures {
  const { nodes, bytes, parameters, macs, peakActivationBytes } = fields(value);
  return {
    nodes: number(nodes),
    bytes: number(bytes),
    parameters: number(parameters),
    macs: number(macs),
    peakActivationBytes: number(peakActivationBytes),
  };
}

function stepView(value: unknown): ReportStepView {
  const { title, pass, sites, nodesAfter, nodes, bytesAfter, bytes, verdict, message } = fields(value);
  return {
    title: text(title) || text(pass),
    sites: number(sites),
    nodes: number(nodesAfter ?? nodes),
    bytes: number(bytesAfter ?? bytes),
    verdict: text(verdict),
    message: text(message),
  };
}

function benchView(value: unknown): ReportBenchView {
  const { device, backend, threads, where, before, after, ratio, interval, verdict } = fields(value);
  const [low, high] = rows(interval).map(number);
  const parts = [text(device), text(backend), number(threads) === null ? '' : `${number(threads)} threads`];
  return {
    where: text(where) || parts.filter((part) => part !== '').join(', '),
    before: number(fields(before)['median'] ?? before),
    after: number(fields(after)['median'] ?? after),
    ratio: number(ratio),
    interval: typeof low === 'number' && typeof high === 'number' ? [low, high] : null,
    verdict: text(verdict),
  };
}

function toolText(value: unknown): string {
  const { name, version, runtime } = fields(value);
  return typeof value === 'string'
    ? value
    : [`${text(name)} ${text(version)}`.trim(), text(runtime)].filter(Boolean).join(' · ');
}

/**
 * What is told of a report: of its data (of this version or a later one), or of another view. Fields that are not known are
 * passed over, what is missing is told as unknown. Null: it is no report.
 */
export function viewReport(value: unknown): ReportView | null {
  const { title, createdAt, tool, model, before, after, steps, verify, bench, device, limits } = fields(value);
  const { name, sha256 } = fields(model);
  if (typeof name !== 'string' || !before || !after) return null;
  const { verdict, message } = fields(verify);
  return {
    title: text(title) || name,
    createdAt: text(createdAt),
    tool: toolText(tool),
    model: { name, sha256: text(sha256) },
    before: figures(before),
    after: figures(after),
    steps: rows(steps).map(stepView),
    verify: typeof verdict === 'string' ? { verdict, message: text(message) } : null,
    bench: rows(bench).map(benchView),
    device: rows(device).flatMap((row) => {
      const [label, said] = rows(row);
      return typeof label === 'string' && typeof said === 'string' ? [[label, said] as const] : [];
    }),
    limits: rows(limits).map(text).filter(Boolean),
  };
}
