import type { ModelSummary } from '../analysis/summary.ts';
import { defined } from '../base/assert.ts';
import type { Job } from '../base/job.ts';
import type { BenchResult, Timing } from '../bench/types.ts';
import { placeName } from '../base/backends.ts';
import { shellWord } from '../base/shell-word.ts';
import { VERSION } from '../base/version.ts';
import type {
  GivenFinding,
  ReportBench,
  ReportData,
  ReportFinding,
  ReportGain,
  ReportStep,
  ReportSummary,
  ReportTiming,
  ReportVerify,
} from '../report/types.ts';
import { sessionText } from '../recipe/session.ts';
import type { Capabilities } from '../runtime/types.ts';
import type { VerifyResult } from '../verify/types.ts';
import type { Stop } from './document.ts';
import type { OpenDocument } from './opened.ts';
import type { RuntimePort } from './ports.ts';
import { reportGraph } from './report-graph.ts';
import { joinedWidths } from './widths.ts';

/** What a report is to hold besides what the document knows. */
export interface ReportRequest {
  /** Original against the stop under the cursor. */
  readonly benches?: readonly BenchResult[];
  /** Each step against the one before, by the stop behind it. */
  readonly gains?: readonly { readonly stop: number; readonly result: BenchResult }[];
  readonly findings?: readonly GivenFinding[];
}

const summaryOf = ({ nodes, bytes, parameters, macs, peakActivationBytes, ops }: ModelSummary): ReportSummary => ({
  nodes,
  bytes,
  parameters,
  macs,
  peakActivationBytes,
  ops,
});

function stepOf(before: Stop, stop: Stop, bench: BenchResult | undefined): ReportStep {
  const outcome = defined(stop.outcome, 'the outcome of a step');
  return {
    title: outcome.title,
    pass: outcome.step.pass,
    exactness: outcome.preserves,
    sites: outcome.sites,
    sitesOff: outcome.off,
    nodesBefore: before.summary.nodes,
    nodesAfter: stop.summary.nodes,
    bytesBefore: before.summary.bytes,
    bytesAfter: stop.summary.bytes,
    verdict: stop.verify?.verdict ?? null,
    message: stop.verify?.message ?? null,
    measured: outcome.step.measured ?? [],
    gain: bench ? gainOf(bench) : null,
  };
}

function gainOf({ ratio, interval, verdict, backend, threads, device }: BenchResult): ReportGain | null {
  if (ratio === null || !interval || !verdict) return null;
  return { ratio, interval, verdict, on: placeName(backend, threads, device) };
}

const verifyOf = (result: VerifyResult): ReportVerify => ({
  ok: result.ok,
  verdict: result.verdict,
  class: result.class,
  message: result.message,
  rows: result.runs.flatMap(({ backend, level, outputs }) =>
    outputs.map(({ name, maxRel, cosine, allowed, ok }) => ({
      output: name,
      backend,
      level,
      maxRel,
      cosine,
      allowed,
      ok,
    })),
  ),
});

const timingOf = ({ median, p95, min, mad, startMs, heapBytes, samples }: Timing): ReportTiming => ({
  median,
  p95,
  min,
  mad,
  startMs,
  heapBytes,
  samples,
});

/** Only comparisons: a benchmark of one model alone has no place in before and after. */
function benchOf(result: BenchResult): ReportBench[] {
  const { a, b, ratio, interval, verdict, backend, threads, level, device, conditions } = result;
  const { warnings } = conditions;
  if (!b || ratio === null || !interval || !verdict) return [];
  const where = { ...(device !== undefined && { device }), backend, threads, level };
  return [{ ...where, before: timingOf(a), after: timingOf(b), ratio, interval, verdict, warnings }];
}

function deviceRows(capabilities: Capabilities): [string, string][] {
  const { agent, cores, maxThreads, crossOriginIsolated, simd, webgpu, webgpuReason, runtimeVersion } = capabilities;
  return [
    ['Runtime', `ONNX Runtime Web ${runtimeVersion}`],
    ['Environment', agent],
    ['Cores', String(cores)],
    ['WASM threads', `up to ${maxThreads}${crossOriginIsolated ? '' : ' (the page is not cross-origin isolated)'}`],
    ['SIMD', simd ? 'yes' : 'no'],
    ['WebGPU', webgpu ? `${webgpu.adapter}${webgpu.software ? ' (software)' : ''}` : (webgpuReason ?? 'none')],
  ];
}

const LIMITS = [
  'MACs, parameters and peak memory are counted from shapes, not measured. Symbolic dimensions count as 1 unless the model fixes them.',
  'Agreement was checked on generated inputs. It does not replace accuracy on your own data.',
  'Times hold for the device and runtime named here.',
];

/** With those that take the findings again. */
function commandsOf(document: OpenDocument, findings: readonly GivenFinding[]): string[] {
  const name = shellWord(document.file.name);
  const out = shellWord(document.file.name.replace(/(\.onnx)?$/, '.whittled.onnx'));
  const commands = [`whittle optimize ${name} --recipe recipe.json --backend ${document.backend} -o ${out} --verify`];
  commands.push(`whittle verify ${name} ${out} --class ${document.exactness(0, document.cursor)}`);
  commands.push(`whittle bench ${name} ${out} --threads 1`);
  for (const { command } of findings) {
    if (command) commands.push(command.replaceAll('{model}', () => name).replaceAll('{result}', () => out));
  }
  return commands;
}

function withoutCommand(given: GivenFinding): ReportFinding {
  const { command: _, ...finding } = given;
  return finding;
}

/** Everything the report shows, from the original to the stop under the cursor. */
export async function gatherReport(
  document: OpenDocument,
  { benches = [], gains = [], findings = [] }: ReportRequest,
  port: RuntimePort,
  job: Job,
): Promise<ReportData> {
  await document.sha256();
  job.progress({ stage: 'Drawing both graphs' });
  const graph = await reportGraph(document.stop(0), document.current, job);
  const capabilities = await port.capabilities();
  const timed = new Map(gains.map(({ stop, result }) => [stop, result]));
  const verify = document.current.whole;
  const [first, last] = [document.stop(0), document.current];
  const stops = document.stops.slice(0, document.cursor + 1);
  const recipe = document.recipe();
  const { model, name } = document.file;
  return {
    version: 2,
    title: name,
    createdAt: new Date().toISOString(),
    tool: { name: 'Whittle', version: VERSION, runtime: `ONNX Runtime Web ${capabilities.runtimeVersion}` },
    model: {
      name,
      sha256: recipe.model?.sha256 ?? '',
      opset: model.opset(''),
      producer: `${model.producerName} ${model.producerVersion}`.trim(),
    },
    before: summaryOf(first.summary),
    after: summaryOf(last.summary),
    steps: stops.slice(1).map((stop, i) => stepOf(defined(stops[i], 'the stop before'), stop, timed.get(i + 1))),
    verify: verify && verifyOf(verify),
    bench: benches.flatMap(benchOf),
    device: deviceRows(capabilities),
    widths: joinedWidths(stops.map((stop) => stop.outcome?.groups ?? [])),
    graph,
    findings: findings.map(withoutCommand),
    session: last.session && sessionText(last.session).trimEnd(),
    recipe,
    commands: commandsOf(document, findings),
    limits: LIMITS,
  };
}
