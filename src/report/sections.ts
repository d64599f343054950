import { backendName, placeName } from '../base/backends.ts';
import {
  formatBytes,
  formatChange,
  formatError,
  formatInteger,
  formatRatio,
  formatRatioInterval,
  plural,
  UNKNOWN,
} from '../base/format.ts';
import { distributionChart, intervalChart, pairBars, widthsChart } from './charts.ts';
import { mainBench } from './headline.ts';
import { safe, type Markup, type MarkupValue } from './markup.ts';
import { badge, count, countPair, name, note, section, table } from './parts.ts';
import { SESSION_ADVICE } from './advice.ts';
import { cosineText, deltaText, pairTexts, type Quantity } from './quantity.ts';
import type { ReportBench, ReportData, ReportStep, ReportTiming } from './types.ts';

function tile(title: string, kind: Quantity, before: number | null, after: number | null, head?: string): Markup {
  const [from, to] = pairTexts(kind, before, after);
  return safe`<div class="tile">
    <div class="k">${title}</div>
    <div class="v">${head ?? formatChange(before, after)}</div>
    <div class="p">${from} → <b>${to}</b></div>
    ${pairBars(before, after)}
  </div>`;
}

export function tiles(data: ReportData): Markup {
  const { before, after } = data;
  const bench = mainBench(data);
  const latency = bench
    ? tile('Latency, median', 'ms', bench.before.median, bench.after.median, formatRatio(bench.ratio))
    : safe`<div class="tile">
        <div class="k">Latency, median</div>
        <div class="v">–</div>
        <div class="p">not measured</div>
      </div>`;
  return safe`<div class="tiles">
    ${latency}${tile('File', 'bytes', before.bytes, after.bytes)}
    ${tile('MACs', 'count', before.macs, after.macs)}${tile('Parameters', 'count', before.parameters, after.parameters)}
    ${tile('Peak activations', 'bytes', before.peakActivationBytes, after.peakActivationBytes)}
  </div>`;
}

function stepRow(step: ReportStep, index: number, isTimed: boolean): Markup {
  const off = step.sitesOff > 0 ? `, ${formatInteger(step.sitesOff)} switched off` : '';
  return safe`<tr>
    <td class="t3">${index + 1}</td>
    <td>
      <span class="med">${step.title}</span>
      <span class="sub">${plural(step.sites, 'site')}${off} · ${step.exactness}</span>
    </td>
    <td>${badge(step.verdict, step.exactness)}${step.message === null ? null : safe`<span class="sub">${step.message}</span>`}</td>
    <td class="r">${deltaText('count', step.nodesBefore, step.nodesAfter)}</td>
    <td class="r">${deltaText('bytes', step.bytesBefore, step.bytesAfter)}</td>
    ${isTimed ? gainCell(step) : null}
  </tr>`;
}

/** A change within the noise is no gain: the word says which it is. */
function gainCell({ gain }: ReportStep): Markup {
  if (!gain) return safe`<td class="r t3">${UNKNOWN}</td>`;
  return safe`<td class="r" title="${gain.on}">
    ${formatRatioInterval(gain.ratio, gain.interval)}<span class="sub">${gain.verdict}, ${gain.on}</span>
  </td>`;
}

/** What timing decided, group by group: kept and not kept, with figures. */
export function measured({ steps }: ReportData): Markup | null {
  const rows = steps.flatMap(({ title, measured: groups }) => groups.map((group) => ({ title, group })));
  const [first] = rows;
  if (!first) return null;
  const kept = rows.filter(({ group }) => group.kept).length;
  const devices = [...new Set(rows.map(({ group }) => group.device))];
  const heads = [['Step'], ['Sites', true], ['Ratio, 95 % interval', true], ['Measured'], ['Result']] as const;
  return section('Decided by measurement', `${formatInteger(kept)} of ${plural(rows.length, 'group')} kept`, [
    note(
      'Sites that are built alike were timed together: the model with them against the model without, each loaded as the runtime loads it. What gained beyond the noise was kept.',
    ),
    devices.map((each) => note(`Measured on ${each}.`)),
    table(
      heads,
      rows.map(
        ({ title, group }) =>
          safe`<tr>
            <td>
              <span class="med">${title}</span>
              <span class="sub">${name(group.rule)}</span>
            </td>
            <td class="r">${formatInteger(group.sites)}</td>
            <td class="r">${formatRatioInterval(group.ratio, group.interval)}</td>
            <td>${badge(group.verdict)}</td>
            <td>${group.kept ? '✓ kept' : '− not kept'}</td>
          </tr>`,
      ),
    ),
  ]);
}

/** How the result is to be loaded, where that is not as ever. */
export function loading({ session }: ReportData): Markup | null {
  if (session === null) return null;
  return section('How to load it', '', [safe`<p class="t2">${SESSION_ADVICE}</p>`, safe`<pre>${session}</pre>`]);
}

export function recipe({ steps }: ReportData): Markup {
  if (steps.length === 0)
    return section('Recipe', '', note('No step was applied: this is the model as it was opened.'));
  const isTimed = steps.some(({ gain }) => gain !== null);
  const heads = [[''], ['Step'], ['Check'], ['Nodes', true], ['File', true]] as const;
  const all = isTimed ? ([...heads, ['Speed against the step before', true]] as const) : heads;
  return section(
    'Recipe',
    plural(steps.length, 'step'),
    table(
      all,
      steps.map((step, index) => stepRow(step, index, isTimed)),
    ),
  );
}

const TIMING_ROWS: readonly (readonly [string, (timing: ReportTiming) => number])[] = [
  ['Median', (timing) => timing.median],
  ['p95', (timing) => timing.p95],
  ['Fastest', (timing) => timing.min],
  ['Spread (MAD)', (timing) => timing.mad],
  ['Start-up', (timing) => timing.startMs],
];

const timingRow = (bench: ReportBench, [title, read]: (typeof TIMING_ROWS)[number]): Markup =>
  pairRow(title, pairTexts('ms', read(bench.before), read(bench.after)));

function pairRow(title: string, [before, after]: readonly [string, string]): Markup {
  return safe`<tr>
    <td class="t2">${title}</td>
    <td class="r t3">${before}</td>
    <td class="r">${after}</td>
  </tr>`;
}

function timing(bench: ReportBench): Markup {
  const runs = Math.max(bench.before.samples.length, bench.after.samples.length);
  const where = `${placeName(bench.backend, bench.threads, bench.device)}, level ${bench.level}`;
  const [low, high] = bench.interval;
  const ratio = safe`<p class="t2 gap">
    ${badge(bench.verdict)} ${formatRatio(bench.ratio)}, 95 % interval ${low.toFixed(2)} to ${high.toFixed(2)}
  </p>`;
  const rows = TIMING_ROWS.map((row) => timingRow(bench, row));
  const { heapBytes: heap } = bench.before;
  const memory = heap === null ? [] : [pairRow('Peak memory', pairTexts('bytes', heap, bench.after.heapBytes ?? heap))];
  return section('Time for one run', `${where} · ${formatInteger(runs)} samples each, every dot is one`, [
    distributionChart(bench),
    ratio,
    intervalChart(bench),
    safe`<div class="gap"></div>`,
    table([[''], ['Before', true], ['After', true]], [...rows, ...memory]),
    ...bench.warnings.map((warning) => note(warning)),
  ]);
}

export function timings({ bench }: ReportData): MarkupValue {
  if (bench.length > 0) return bench.map(timing);
  return section('Time for one run', '', note('Not measured. A smaller count of operations is no proof of speed.'));
}

export function device({ device: entries }: ReportData): Markup {
  const rows = entries.map(
    ([key, value]) =>
      safe`<dt>${key}</dt>
        <dd>${value}</dd>`,
  );
  return section('Device and method', '', rows.length > 0 ? safe`<dl>${rows}</dl>` : note('Not recorded.'));
}

export function verification({ verify }: ReportData): Markup {
  if (!verify)
    return section(
      'Check against the original',
      '',
      note('Not checked. The result was not compared with the original.'),
    );
  const rows = verify.rows.map(
    (row) =>
      safe`<tr>
        <td>${name(row.output)}</td>
        <td>${backendName(row.backend)}</td>
        <td>${row.level}</td>
        <td class="r">${formatError(row.maxRel)}</td>
        <td class="r">${Number.isFinite(row.allowed) ? formatError(row.allowed) : UNKNOWN}</td>
        <td class="r">${cosineText(row.cosine)}</td>
        <td>${badge(row.ok ? 'agrees' : 'differs', verify.class)}</td>
      </tr>`,
  );
  const heads = [
    ['Output'],
    ['Backend'],
    ['Level'],
    ['Largest error', true],
    ['Allowed', true],
    ['Cosine', true],
    [''],
  ] as const;
  return section(
    'Check against the original',
    `class ${verify.class}, errors relative to the largest value of the output`,
    [
      safe`<p class="t2 gap">${badge(verify.verdict, verify.class)} ${verify.message}</p>`,
      rows.length > 0 ? table(heads, rows) : note('No output was compared.'),
    ],
  );
}

export function widths({ widths: groups }: ReportData): Markup | null {
  if (groups.length === 0) return null;
  const total = (key: 'before' | 'after'): number => groups.reduce((sum, group) => sum + group[key], 0);
  const list = groups.map(
    (group) =>
      safe`<div>${name(group.name)}<span>${formatInteger(group.before)} → ${formatInteger(group.after)}</span></div>`,
  );
  const text = `${plural(groups.length, 'group')} · ${formatInteger(total('after'))} of ${formatInteger(total('before'))} channels kept`;
  return section('Widths after pruning', text, [widthsChart(groups), safe`<div class="cols">${list}</div>`]);
}

export function operators({ before, after }: ReportData): Markup {
  const all = [...new Set([...Object.keys(before.ops), ...Object.keys(after.ops)])];
  all.sort((a, b) => count(before.ops, b) - count(before.ops, a) || count(after.ops, b) - count(after.ops, a));
  const list = all.map((op) => {
    const [from, to] = [count(before.ops, op), count(after.ops, op)];
    return safe`<div>
      ${name(op)}<span>${countPair(from, to)}</span>
    </div>`;
  });
  return section('Operators', plural(all.length, 'kind'), safe`<div class="cols">${list}</div>`);
}

export function limits({ limits: list }: ReportData): Markup | null {
  if (list.length === 0) return null;
  return section(
    'Limits',
    '',
    safe`<ul>
      ${list.map((limit) => safe`<li>${limit}</li>`)}
    </ul>`,
  );
}

export function reproduce({ commands }: ReportData): Markup {
  const content = commands.map((command) => safe`<pre>${command}</pre>`);
  const text =
    'Replay the recipe on the original to get this result, byte for byte. The recipe is also inside this file.';
  return section('Do it again', '', [safe`<p class="t2">${text}</p>`, content]);
}

export function fileLine({ model, before }: ReportData): Markup {
  const maker = model.producer === '' ? null : safe` · made by ${name(model.producer)}`;
  const hash = model.sha256 === '' ? null : safe`<span class="mono">sha256 ${model.sha256}</span>`;
  const facts = `opset ${formatInteger(model.opset)} · ${formatBytes(before.bytes)}`;
  return safe`<span>Original ${name(model.name)} · ${facts}${maker}</span>${hash}`;
}
