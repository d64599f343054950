import { useCallback, useState } from 'react';
import type { App } from '../../state/app.ts';
import { findingsOf } from './findings/all.ts';
import { reportBlob, reportFileName, type ReportFormat } from './artifacts.ts';

/** Reports that lie in a bundle. */
const BUNDLED: readonly ReportFormat[] = ['html', 'md', 'json'];

/** Gathers the report and hands it over as a file; `busy` while it is being made. */
export function useSaveReport(app: App): {
  readonly busy: boolean;
  save(format: ReportFormat): void;
  saveBundle(runtime: boolean): void;
} {
  const [busy, setBusy] = useState(false);
  const save = useCallback(
    (format: ReportFormat) => {
      setBusy(true);
      void app.actions
        .reportData(findingsOf(app))
        .then(async (data) => {
          if (!data) return;
          const name = reportFileName(data.model.name, format);
          app.actions.saveFile(name, await reportBlob(data, format));
          app.notices.show({ tone: 'good', title: 'Report saved', text: name });
        })
        .finally(() => setBusy(false));
    },
    [app],
  );
  const saveBundle = useCallback(
    (runtime: boolean) => {
      setBusy(true);
      void app.actions
        .reportData(findingsOf(app))
        .then(async (data) => {
          if (!data) return;
          const texts = BUNDLED.map(async (format) => {
            const blob = await reportBlob(data, format);
            return [format, await blob.text()] as const;
          });
          await app.actions.saveBundle(Object.fromEntries(await Promise.all(texts)), runtime);
        })
        .finally(() => setBusy(false));
    },
    [app],
  );
  return { busy, save, saveBundle };
}
