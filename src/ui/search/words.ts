import { formatInteger, plural, THIN } from '../../base/format.ts';
import { isMeasuring } from '../../search/measuring.ts';
import type { SearchPoint, SearchResult } from '../../search/types.ts';
import { isSearching, searchLeft, type SearchRun } from '../../state/searching-run.ts';
import { OBJECTIVE_WORDS, QUALITY_WORDS, valueText } from '../../search/figures.ts';

/** Whole seconds, then minutes: an estimate is no measurement. */
export function leftText(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds}${THIN}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes}${THIN}min` : `${Math.floor(minutes / 60)}${THIN}h ${minutes % 60}${THIN}min`;
}

/** `84 of 200 networks`. */
export const countText = ({ evaluations, request }: SearchRun): string =>
  `${formatInteger(Math.floor(evaluations))} of ${formatInteger(request.evaluations)} networks`;

/**
 * `84 of 200 networks · 31 a minute · 3 min left`; while nothing is judged, the stage: `Measuring operators, 40 of 120 ·
 * 1 of 200 networks`.
 */
export function progressText(run: SearchRun): string {
  const { status, stage, evaluations, perMinute } = run;
  if (status === 'paused') return `${countText(run)} · paused`;
  if (evaluations === 0) return stage;
  if (isMeasuring(stage)) return `${stage} · ${countText(run)}`;
  const left = searchLeft(run);
  const parts = [
    countText(run),
    ...(perMinute === null ? [] : [`${formatInteger(perMinute)} a minute`]),
    ...(left === null || left === 0 ? [] : [`${leftText(left)} left`]),
  ];
  return parts.join(' · ');
}

/** Why it ended; nothing where all that was asked for was done. */
const ENDED: Readonly<Record<SearchResult['ended'], string | null>> = {
  evaluations: null,
  minutes: 'the time was up',
  exhausted: 'the space holds no more networks',
  stopped: 'stopped',
};

/** What became of a search, once it is over. */
export function endText(run: SearchRun): string {
  const { status, result, points, front } = run;
  if (isSearching(run)) return '';
  const found = `${plural(points.length, 'network')}, ${formatInteger(front.length)} on the front`;
  const reason = result && ENDED[result.ended];
  if (result) return `${found} · ${leftText(result.seconds * 1000)}${reason === null ? '' : ` · ${reason}`}`;
  return status === 'cancelled' && points.length > 0 ? `${found} · what was judged is not judged again` : found;
}

/** `Network 12`; the first is the model itself. */
export const networkName = (id: number): string => (id === 0 ? 'Original' : `Network ${id}`);

/** A network in a sentence: for screen readers, as the front is walked along. */
export function networkText(run: SearchRun, point: SearchPoint, quality: keyof typeof QUALITY_WORDS): string {
  const { metrics, latency, measured } = point;
  const time = measured ?? latency;
  const parts = [
    ...(time === null ? [] : [`${OBJECTIVE_WORDS.latency.toLowerCase()} ${valueText('latency', time, quality)}`]),
    `${QUALITY_WORDS[quality].toLowerCase()} ${valueText('quality', metrics.quality[quality], quality)}`,
    valueText('bytes', metrics.bytes, quality),
  ];
  const at = run.front.indexOf(point.id);
  const place = at < 0 ? '' : `, ${at + 1} of ${run.front.length} on the front`;
  return `${networkName(point.id)}${place}: ${parts.join(', ')}.`;
}
