import { Download, Link2, RotateCw } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { renderHtml } from '../../report/html.ts';
import type { ReportData } from '../../report/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useSettings } from '../kit/use-store.ts';
import { findingsOf } from './findings/all.ts';
import { reportBlob, reportFileName, type ReportFormat } from './artifacts.ts';
import { ReportGaps } from './ReportGaps.tsx';
import './export.css';

interface Gathered {
  readonly data: ReportData | null;
  readonly loading: boolean;
  again(): void;
}

/** The report of what is shown now; gathered again when the model, its checks or its benchmarks change. */
function useReport(app: App): Gathered {
  const [state, setState] = useState<Omit<Gathered, 'again'>>({ data: null, loading: true });
  const latest = useRef(0);
  const again = useCallback(() => {
    const mine = ++latest.current;
    void app.actions.reportData(findingsOf(app)).then((data) => {
      if (mine === latest.current) setState({ data, loading: false });
    });
  }, [app]);
  useEffect(() => {
    again();
    return app.document.subscribe((now, before) => {
      if (now.document !== before.document || now.benches !== before.benches) again();
    });
  }, [app, again]);
  return { ...state, again };
}

const FORMATS: readonly (readonly [ReportFormat, string])[] = [
  ['md', 'Markdown'],
  ['json', 'JSON'],
  ['svg', 'Summary, SVG'],
  ['png', 'Summary, PNG'],
];

/** Where what fails here is told: what is written, and what the report lacked. */
const TOLD: ReadonlySet<string> = new Set(['export', 'check', 'bench']);

/** `system` means what the page itself is drawn in. */
function usePageTheme(app: App): 'light' | 'dark' {
  const theme = useSettings(app, (settings) => settings.theme);
  const dark = theme === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  return dark ? 'dark' : 'light';
}

/** The report as it will be saved, in a frame that can run nothing. */
export function ReportWorkspace({ app }: { readonly app: App }) {
  const report = useReport(app);
  const theme = usePageTheme(app);
  const failure = useDocument(app, (state) => (state.failure && TOLD.has(state.failure.place) ? state.failure : null));
  const { data } = report;
  const page = useMemo(() => (data ? renderHtml(data, theme) : null), [data, theme]);
  const save = async (format: ReportFormat): Promise<void> => {
    if (!data) return;
    const name = reportFileName(data.model.name, format);
    app.actions.saveFile(name, await reportBlob(data, format));
    app.notices.show({ tone: 'good', title: 'Report saved', text: name });
  };
  return (
    <section className="report-page" aria-label="Report">
      <header className="flex flex-none flex-wrap items-center gap-2 px-5 py-3">
        <h1 className="grow text-18 font-strong tracking-[-0.018em]">Report</h1>
        <Button variant="ghost" icon={RotateCw} onClick={report.again}>
          Gather again
        </Button>
        <Button icon={Link2} disabled={!data} onClick={() => void app.actions.copyReportLink()}>
          Copy link
        </Button>
        {FORMATS.map(([format, label]) => (
          <Button key={format} icon={Download} disabled={!data} onClick={() => void save(format)}>
            {label}
          </Button>
        ))}
        <Button variant="primary" icon={Download} disabled={!data} onClick={() => void save('html')}>
          HTML, one file
        </Button>
      </header>
      {data && <ReportGaps app={app} data={data} />}
      {failure && (
        <div className="px-5 pb-3">
          <Problem error={failure.error} what={failure.what} />
        </div>
      )}
      {page === null && report.loading && <p className="px-5 text-ink-2">Gathering what was counted and measured.</p>}
      {page !== null && <iframe className="report-frame" title="Report" sandbox="" srcDoc={page} />}
    </section>
  );
}
