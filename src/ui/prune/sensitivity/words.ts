import { formatInteger, formatShare, formatValue, plural } from '../../../base/format.ts';
import type { HarmId } from '../../../prune/sensitivity.ts';
import type { SensitivityFinding } from '../../../state/sensing.ts';

interface HarmWords {
  /** In the list of what is shown. */
  readonly title: string;
  /** Of the axis, with its unit. */
  readonly axis: string;
  /** What is equal of all groups. */
  readonly same: string;
  /** Before a value: "KL 0.03". */
  readonly short: string;
  readonly format: (harm: number) => string;
}

export const HARMS: Readonly<Record<HarmId, HarmWords>> = {
  kl: {
    title: 'KL divergence',
    axis: 'KL from the whole model, nats',
    same: 'the same KL',
    short: 'KL',
    format: formatValue,
  },
  agreement: {
    title: 'Top class changed',
    axis: 'rows with another top class',
    same: 'as many rows with another top class',
    short: 'other top class',
    format: formatShare,
  },
  cosine: {
    title: 'Cosine distance',
    axis: '1 − cosine to the whole model',
    same: 'the same cosine',
    short: '1 − cosine',
    format: formatValue,
  },
  accuracy: {
    title: 'Accuracy lost',
    axis: 'accuracy lost',
    same: 'the same loss of accuracy',
    short: 'accuracy lost',
    format: formatShare,
  },
};

/** `KL 0.031`. */
export const harmText = (harm: HarmId, value: number | null): string =>
  value === null ? 'not measured so narrow' : `${HARMS[harm].short} ${HARMS[harm].format(value)}`;

/** What judged, in words. */
export const judgedOn = ({ found, on }: SensitivityFinding): string =>
  on === null
    ? `on ${formatInteger(found.runs)} made-up inputs`
    : `on ${plural(on.samples, 'sample')} of ${on.name} that nothing is calibrated on`;
