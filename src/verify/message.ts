import { backendName } from '../base/backends.ts';
import { formatError, formatShare, plural, UNKNOWN } from '../base/format.ts';
import type { Exactness } from '../base/exactness.ts';
import type { RunReport } from './run.ts';
import type { OutputError, Verdict } from './types.ts';

interface Findings {
  readonly verdict: Verdict;
  readonly class: Exactness;
  readonly reports: readonly RunReport[];
  readonly outputs: readonly OutputError[];
  readonly inputs: number;
  readonly constant: readonly string[];
  readonly uncompared: readonly string[];
  /** Where inputs or outputs changed: what answers to what. */
  readonly notes: readonly string[];
  /** Largest change under a 1-ulp perturbation of an ordinary input, and the output that made it. */
  readonly noise: { readonly output: string; readonly size: number };
}

/** One sentence that says the verdict and why; a second one where something was left out. */
export function verifyMessage(findings: Findings): string {
  return [verdictSentence(findings), ...remarks(findings), ...findings.notes].join(' ');
}

function verdictSentence(findings: Findings): string {
  switch (findings.verdict) {
    case 'agrees':
      return agreement(findings);
    case 'differs':
      return difference(findings);
    case 'uninformative':
      if (findings.constant.length === 0) return 'Uninformative: nothing could be compared.';
      return `Uninformative: ${named('output', findings.constant)} the same whatever the input, so agreement proves nothing.`;
    case 'ill-conditioned':
      return (
        `Ill-conditioned: moving the input by its last bit changes the output "${findings.noise.output}" by ` +
        `${sizeOf(findings.noise.size)} of its largest value, so rounding hides real differences. Try real inputs.`
      );
  }
}

const named = (what: string, names: readonly string[]): string =>
  `the ${what}${names.length === 1 ? '' : 's'} ${names.map((name) => `"${name}"`).join(', ')} ${names.length === 1 ? 'is' : 'are'}`;

function agreement({ class: exactness, outputs, inputs }: Findings): string {
  const over = `on ${plural(inputs, 'input')}`;
  if (exactness === 'approximation') return closeness(outputs, over);
  const worst = Math.max(0, ...outputs.map(({ maxRel }) => maxRel));
  return worst === 0 ? `Outputs are equal ${over}.` : `Outputs agree within ${formatError(worst)} ${over}.`;
}

/** What an approximation kept; it is measured, not judged. */
function closeness(outputs: readonly OutputError[], over: string): string {
  const cosine = Math.min(...outputs.map((each) => each.cosine));
  const sqnr = Math.min(...outputs.map((each) => each.sqnr));
  const tops = outputs.flatMap(({ top1 }) => (top1 === null ? [] : [top1]));
  const signal = Number.isFinite(sqnr) ? `${sqnr.toFixed(1)} dB` : sqnr > 0 ? 'no error' : UNKNOWN;
  const top = tops.length > 0 ? `, the same top class on ${formatShare(Math.min(...tops))}` : '';
  return `Runs; outputs approximate the original ${over}: cosine ${cosine.toFixed(3)}, signal to error ${signal}${top}.`;
}

function difference({ reports }: Findings): string {
  const report = reports.find(({ run, impossible }) => !run.ok && impossible === null);
  if (!report) return 'Differs.';
  const where = `at ${report.run.level} on ${backendName(report.run.backend)}`;
  if (report.broken !== null)
    return `Differs: the result does not stand in for the original ${where}: ${ended(report.broken)}`;
  const output = report.run.outputs.find(({ ok }) => !ok);
  const name = report.failing?.output ?? output?.name ?? '';
  const on = report.failing ? ` on the input "${report.failing.name}"` : '';
  const failing = report.run.outputs.find((each) => each.name === name) ?? output;
  if (!failing || !Number.isFinite(failing.maxRel)) {
    return `Differs: the output "${name}" has another shape or type, or is not finite where the original is,${on} ${where}.`;
  }
  const size = `${sizeOf(failing.maxRel)} of its largest value, ${sizeOf(failing.allowed)} allowed`;
  return `Differs: the output "${name}" is off by ${size}${on ? ', first' + on : ''} ${where}.`;
}

/** Powers for what is small, a share for what anyone can see. */
const sizeOf = (error: number): string =>
  error >= 0.01 && Number.isFinite(error) ? formatShare(error) : formatError(error);

const ended = (text: string): string => (/[.…]$/.test(text) ? text : `${text}.`);

function remarks({ reports, uncompared, verdict }: Findings): string[] {
  const said: string[] = [];
  for (const { run, impossible, runtimesOwn, tried } of reports) {
    const where = `at ${run.level} on ${backendName(run.backend)}`;
    if (impossible !== null)
      said.push(`Not checked ${where}, where the original does not run either: ${ended(impossible)}`);
    if (tried !== null) said.push(`Only the first ${plural(tried, 'input')} ${where}, where running is slow.`);
    if (runtimesOwn.length > 0 && verdict !== 'differs') {
      const what = runtimesOwn.map((name) => `"${name}"`).join(', ');
      said.push(`The runtime itself changes ${what} ${where}; compared with the original there.`);
    }
  }
  const skipped = [...new Set(reports.flatMap((report) => report.skipped))];
  if (skipped.length > 0 && verdict !== 'ill-conditioned') {
    said.push(`Too sensitive to compare: ${skipped.join(', ')}.`);
  }
  if (uncompared.length > 0) said.push(`Not compared, as no tensors: ${uncompared.join(', ')}.`);
  return said;
}
