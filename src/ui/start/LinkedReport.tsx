import { FileText } from 'lucide-react';
import {
  bytesPair,
  countPair,
  formatBytes,
  formatChange,
  formatInteger,
  formatMs,
  formatPair,
  formatRatioInterval,
  UNKNOWN,
  type Pair,
} from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { ReportFigures, ReportView } from '../../state/link/report-view.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

type PairOf = (before: number | null, after: number | null) => Pair;

const FIGURES: readonly (readonly [string, keyof ReportFigures, PairOf])[] = [
  ['Size', 'bytes', bytesPair],
  ['Nodes', 'nodes', countPair],
  ['Parameters', 'parameters', countPair],
  ['MACs', 'macs', countPair],
  ['Peak memory', 'peakActivationBytes', bytesPair],
];

function Figures({ before, after }: ReportView) {
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 fold:grid-cols-5">
      {FIGURES.map(([title, key, pair]) => (
        <div key={key}>
          <dt className="text-11 text-ink-3">{title}</dt>
          <dd className="num text-13 font-medium">{formatPair(pair(before[key], after[key]))}</dd>
          <dd className="num text-11 text-ink-2">{formatChange(before[key], after[key])}</dd>
        </div>
      ))}
    </dl>
  );
}

function Steps({ steps }: ReportView) {
  return (
    <table aria-label="Steps of the report" className="table num mt-4">
      <thead>
        <tr>
          <th scope="col">Step</th>
          <th scope="col" className="r">
            Sites
          </th>
          <th scope="col" className="r">
            Nodes
          </th>
          <th scope="col" className="r">
            Size
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ title, sites, nodes, bytes, verdict, message }, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- a step may stand there twice
          <tr key={index}>
            <td>{title}</td>
            <td className="r">{formatInteger(sites)}</td>
            <td className="r">{formatInteger(nodes)}</td>
            <td className="r">{formatBytes(bytes)}</td>
            <td title={message || undefined}>{verdict || 'not checked'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Times({ bench }: ReportView) {
  return (
    <table aria-label="Times of the report" className="table num mt-4">
      <thead>
        <tr>
          <th scope="col">Measured on</th>
          <th scope="col" className="r">
            Before
          </th>
          <th scope="col" className="r">
            After
          </th>
          <th scope="col" className="r">
            Speed-up
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {bench.map(({ where, before, after, ratio, interval, verdict }) => (
          <tr key={where}>
            <td>{where || UNKNOWN}</td>
            <td className="r">{formatMs(before)}</td>
            <td className="r">{formatMs(after)}</td>
            <td className="r">{formatRatioInterval(ratio, interval)}</td>
            <td>{verdict}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const when = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** When and with what it was made. */
function madeOf({ createdAt, tool }: ReportView): string {
  const date = new Date(createdAt);
  return [Number.isNaN(date.getTime()) ? '' : when.format(date), tool].filter(Boolean).join(' · ');
}

function Report({ report }: { readonly report: ReportView }) {
  const { title, model, verify, steps, bench, device, limits } = report;
  return (
    <section aria-labelledby="linked-report" className="card mt-4 px-5 py-4">
      <h2 id="linked-report" className="flex items-center gap-2 text-15 font-strong">
        <Icon of={FileText} size={16} className="text-accent" />
        <span className="ell">Report of {title}</span>
      </h2>
      <p className="mt-0.5 mb-4 text-11 text-ink-3 [overflow-wrap:anywhere]">
        {madeOf(report)}
        {model.sha256 !== '' && (
          <>
            <br />
            Model {model.name}, SHA-256 <span className="mono">{model.sha256}</span>
          </>
        )}
      </p>
      <Figures {...report} />
      <p className="mt-3 text-12 text-ink-2">
        {verify ? `As a whole: ${verify.verdict}. ${verify.message}` : 'The result as a whole was not checked.'}
      </p>
      {steps.length > 0 && <Steps {...report} />}
      {bench.length > 0 && <Times {...report} />}
      {device.length > 0 && (
        <p className="mt-4 text-11 text-ink-3">{device.map(([label, said]) => `${label}: ${said}`).join(' · ')}</p>
      )}
      {limits.length > 0 && <p className="mt-1 text-11 text-ink-3">{limits.join(' ')}</p>}
    </section>
  );
}

/** What a report says that came by a link, or was dropped, while its model is not open. */
export function LinkedReport({ app }: { readonly app: App }) {
  const report = useDocument(app, (state) => state.waiting?.report ?? state.pending?.report ?? null);
  return report && <Report report={report} />;
}
