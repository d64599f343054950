import { plural } from '../../base/format.ts';
import type { DocumentView } from '../../engine/types.ts';
import type { ReportData } from '../../report/types.ts';
import { CARD, renderCard } from '../../report/card.ts';
import { renderHtml } from '../../report/html.ts';
import { renderJson } from '../../report/json.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { pngOf } from './raster.ts';

export type ReportFormat = 'html' | 'md' | 'json' | 'svg' | 'png';

interface Rendering {
  readonly type: string;
  render(data: ReportData): string | Promise<Blob>;
}
const RENDERINGS: Readonly<Record<ReportFormat, Rendering>> = {
  html: { type: 'text/html', render: (data) => renderHtml(data) },
  md: { type: 'text/markdown', render: renderMarkdown },
  json: { type: 'application/json', render: renderJson },
  svg: { type: 'image/svg+xml', render: renderCard },
  png: { type: 'image/png', render: (data) => pngOf(renderCard(data), CARD) },
};

/** A report as a file. */
export async function reportBlob(data: ReportData, format: ReportFormat): Promise<Blob> {
  const { type, render } = RENDERINGS[format];
  return new Blob([await render(data)], { type });
}

export const reportFileName = (name: string, format: ReportFormat): string =>
  `${name.replace(/\.onnx$/i, '')}.report.${format}`;

export interface Standing {
  readonly tone: 'good' | 'warning' | 'none';
  readonly text: string;
}

/** Whether what would be saved was compared with the original: said before saving, never in its way. */
export function standingOf({ stops, cursor }: DocumentView): Standing {
  const stop = stops[cursor];
  if (!stop || cursor === 0) return { tone: 'none', text: 'This is the model as it was opened.' };
  const { whole } = stop;
  if (whole?.ok && whole.class === 'approximation')
    return { tone: 'none', text: `Compared with the original: ${whole.message}` };
  if (whole?.ok) return { tone: 'good', text: `Checked against the original: ${whole.message}` };
  if (whole) return { tone: 'warning', text: `Against the original: ${whole.message}` };
  const open = stops.slice(1, cursor + 1).filter((each) => !each.verify?.ok).length;
  if (open === 0) return { tone: 'none', text: 'Each step was checked; the result as a whole was not.' };
  return { tone: 'warning', text: `Not checked: ${plural(open, 'step')} of ${cursor}, and the result as a whole.` };
}
