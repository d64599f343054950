import { formatBytes, formatInteger, formatMs, formatShare, formatValue } from '../../../base/format.ts';
import { perplexityFinding, policyLine, type KeptText } from '../../../report/measured/perplexity.ts';
import type { ReportFinding, ReportSeries } from '../../../report/types.ts';
import { measuredOf, POLICY_KINDS, type KvState } from '../../../state/kv-store.ts';
import { policyTitle } from '../../../kv/policy-title.ts';
import { bytesAt, crossings, keepsText, keptOf } from '../../kv/policy-look.ts';

const PLACES = 64;

/** What each way of keeping keys and values takes; with perplexity and times where they were measured. */
export function cacheFindings(state: KvState): ReportFinding[] {
  const decoder = state.view?.result.decoder;
  const kept = decoder ? keptOf(decoder) : null;
  const measured = state.measured?.found.length ? state.measured : null;
  if (!kept || !measured) return [];
  const { policies, length } = state;
  const lines = POLICY_KINDS.map((kind): ReportSeries => ({
    name: policyTitle(kind),
    ...policyLine(kind),
    points: Array.from({ length: PLACES + 1 }, (_, at) => {
      const tokens = Math.round((at * length) / PLACES);
      return [tokens, bytesAt(policies[kind], kept, tokens) / 1e3];
    }),
  }));
  const dense = measuredOf(state, 'dense');
  const rows = POLICY_KINDS.map((kind) => {
    const found = measuredOf(state, kind);
    const apart = found && dense && kind !== 'dense' ? formatShare(found.perplexity / dense.perplexity - 1) : '–';
    return [
      `${policyTitle(kind)}: ${keepsText(policies[kind])}`,
      formatBytes(bytesAt(policies[kind], kept, length)),
      found ? formatValue(found.perplexity) : '–',
      apart,
      found ? formatMs(found.msPerToken) : '–',
    ];
  });
  const curves = POLICY_KINDS.flatMap((kind): KeptText[] => {
    const found = measuredOf(state, kind);
    return found ? [{ title: policyTitle(kind), policy: kind, buckets: found.buckets }] : [];
  });
  return [
    {
      title: 'Keys and values that are kept',
      note: `counted, by tokens in the cache, kB`,
      words: crossings(policies, kept, length).map((sentence) => `${sentence}.`),
      chart: {
        label: `Bytes of keys and values of each policy up to ${formatInteger(length)} tokens`,
        x: { title: 'tokens', log: false },
        y: { title: 'kB', log: false },
        series: lines,
      },
      table: {
        heads: ['Policy', `At ${formatInteger(length)} tokens`, 'Perplexity', 'Against all', 'Per token'],
        rows,
      },
    },
    perplexityFinding(measured.result?.tokens ?? measured.done, measured.text, curves),
  ];
}
