import {
  formatChange,
  formatError,
  formatInteger,
  formatRatio,
  formatRatioInterval,
  plural,
  UNKNOWN,
} from '../base/format.ts';
import { SESSION_ADVICE } from './advice.ts';
import { headlineClause, leadText, modelName } from './headline.ts';
import { cosineText, deltaText, pairTexts, type Quantity } from './quantity.ts';
import { renderCard } from './card.ts';
import type { ReportBench, ReportData, ReportFinding, ReportSummary } from './types.ts';

/** Text in Markdown (CommonMark 0.31, 2.4): punctuation loses its meaning, line breaks become spaces. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\\`*_{}[\]()#+!|<>~&$@]/g, (character) => `\\${character}`);

/** A fenced block whose fence is longer than any run of backticks inside. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(heads), line(heads.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

const SIZES: readonly (readonly [string, Quantity, (summary: ReportSummary) => number | null])[] = [
  ['File', 'bytes', (summary) => summary.bytes],
  ['MACs', 'count', (summary) => summary.macs],
  ['Parameters', 'count', (summary) => summary.parameters],
  ['Peak activations', 'bytes', (summary) => summary.peakActivationBytes],
  ['Nodes', 'count', (summary) => summary.nodes],
];

const sizes = ({ before, after }: ReportData): string =>
  table(
    ['', 'Before', 'After', 'Change'],
    SIZES.map(([title, kind, read]) => {
      const [from, to] = [read(before), read(after)];
      return [title].concat(pairTexts(kind, from, to), formatChange(from, to));
    }),
  );

/** Where values change on purpose nothing is judged, so nothing "agrees". */
function verdictText(verdict: string | null, exactness: string): string {
  if (verdict === 'agrees' && exactness === 'approximation') return 'approximates';
  return verdict ?? 'not checked';
}

function recipe({ steps }: ReportData): string {
  if (steps.length === 0) return 'No step was applied.';
  return table(
    ['Step', 'Sites', 'Nodes', 'File', 'Check', 'Speed'],
    steps.map((step) => [
      escapeMarkdown(step.title),
      formatInteger(step.sites),
      deltaText('count', step.nodesBefore, step.nodesAfter),
      deltaText('bytes', step.bytesBefore, step.bytesAfter),
      escapeMarkdown(verdictText(step.verdict, step.exactness)),
      step.gain
        ? escapeMarkdown(`${formatRatioInterval(step.gain.ratio, step.gain.interval)}, ${step.gain.verdict}`)
        : UNKNOWN,
    ]),
  );
}

const benchRow = (bench: ReportBench): readonly string[] => [
  escapeMarkdown(
    [bench.device, bench.backend, plural(bench.threads, 'thread'), bench.level].filter(Boolean).join(', '),
  ),
  ...pairTexts('ms', bench.before.median, bench.after.median),
  ...pairTexts('ms', bench.before.p95, bench.after.p95),
  `${formatRatio(bench.ratio)}, ${bench.interval.map((end) => end.toFixed(2)).join(' to ')}`,
  escapeMarkdown(bench.verdict),
];

const timing = ({ bench }: ReportData): string =>
  bench.length === 0
    ? 'Not measured.'
    : table(['On', 'Median before', 'after', 'p95 before', 'after', 'Ratio', 'Verdict'], bench.map(benchRow));

const decided = ({ steps }: ReportData): string =>
  table(
    ['Step', 'Rule', 'Sites', 'Ratio, 95 % interval', 'Measured', 'Result', 'On'],
    steps.flatMap(({ title, measured }) =>
      measured.map((group) => [
        escapeMarkdown(title),
        escapeMarkdown(group.rule),
        formatInteger(group.sites),
        formatRatioInterval(group.ratio, group.interval),
        escapeMarkdown(group.verdict),
        group.kept ? 'kept' : 'not kept',
        escapeMarkdown(group.device),
      ]),
    ),
  );

function verification({ verify }: ReportData): string {
  if (!verify) return 'Not checked.';
  const rows = verify.rows.map((row) => [
    escapeMarkdown(row.output),
    escapeMarkdown(`${row.backend}, ${row.level}`),
    formatError(row.maxRel),
    Number.isFinite(row.allowed) ? formatError(row.allowed) : UNKNOWN,
    cosineText(row.cosine),
    verdictText(row.ok ? 'agrees' : 'differs', verify.class),
  ]);
  const heads = ['Output', 'On', 'Largest error', 'Allowed', 'Cosine', 'Verdict'];
  return `${escapeMarkdown(verify.message)}\n\n${rows.length > 0 ? table(heads, rows) : 'No output was compared.'}`;
}

const widths = ({ widths: groups }: ReportData): string =>
  table(
    ['Group', 'Before', 'After'],
    groups.map((group) => [escapeMarkdown(group.name), formatInteger(group.before), formatInteger(group.after)]),
  );

const list = (entries: readonly string[]): string => entries.map((entry) => `- ${entry}`).join('\n');

/** The summary as a picture within the text: where a reader shows no such pictures, the words stand in its place. */
function picture(data: ReportData): string {
  const bytes = new TextEncoder().encode(renderCard(data));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `![${escapeMarkdown(`${modelName(data)} ${headlineClause(data)}`)}](data:image/svg+xml;base64,${base64})`;
}

function finding({ note, words, table: figures }: ReportFinding): string {
  const rows = figures?.rows.map((cells) => cells.map(escapeMarkdown)) ?? [];
  const parts = [note, ...words].filter((text) => text !== '').map(escapeMarkdown);
  if (figures && rows.length > 0) parts.push(table(figures.heads.map(escapeMarkdown), rows));
  return parts.join('\n\n');
}

/** The same report as text for an issue or a pull request. */
export function renderMarkdown(data: ReportData): string {
  const device = data.device.map(([key, value]) => `${escapeMarkdown(key)}: ${escapeMarkdown(value)}`);
  const parts: readonly (readonly [string, string])[] = [
    ['Sizes', sizes(data)],
    ['Recipe', recipe(data)],
    ['Time for one run', timing(data)],
    ...(data.steps.some(({ measured }) => measured.length > 0)
      ? ([['Decided by measurement', decided(data)]] as const)
      : []),
    ...(data.session === null
      ? []
      : ([['How to load it', `${escapeMarkdown(SESSION_ADVICE)}\n\n${codeBlock(data.session)}`]] as const)),
    ['Check against the original', verification(data)],
    ...(data.widths.length > 0 ? ([['Widths after pruning', widths(data)]] as const) : []),
    ...data.findings.map((each) => [escapeMarkdown(each.title), finding(each)] as const),
    ['Device and method', device.length > 0 ? list(device) : 'Not recorded.'],
    ...(data.limits.length > 0 ? ([['Limits', list(data.limits.map(escapeMarkdown))]] as const) : []),
    ['Do it again', codeBlock(data.commands.join('\n'))],
    ['Recipe as JSON', codeBlock(JSON.stringify(data.recipe, null, 2))],
  ];
  const head = `# ${escapeMarkdown(modelName(data))} ${headlineClause(data)}\n\n${escapeMarkdown(leadText(data))}\n\n${picture(data)}`;
  const hash = data.model.sha256 === '' ? '' : ` · sha256 ${escapeMarkdown(data.model.sha256)}`;
  const foot = `${escapeMarkdown(`${data.tool.name} ${data.tool.version}, ${data.tool.runtime}`)} · ${escapeMarkdown(data.createdAt)}${hash}`;
  return `${[head, ...parts.map(([title, text]) => `## ${title}\n\n${text}`), foot].join('\n\n')}\n`;
}
