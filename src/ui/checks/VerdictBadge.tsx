import { Check, CircleDashed, CircleHelp, EqualApproximately, X, type LucideIcon } from 'lucide-react';
import type { Verdict, VerifyResult } from '../../verify/types.ts';
import { Badge, type Tone } from '../kit/controls.tsx';

interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
}

const VERDICTS: Readonly<Record<Verdict, Look>> = {
  agrees: { word: 'agrees', tone: 'good', icon: Check },
  differs: { word: 'differs', tone: 'error', icon: X },
  uninformative: { word: 'uninformative', tone: 'warning', icon: CircleHelp },
  'ill-conditioned': { word: 'ill-conditioned', tone: 'warning', icon: CircleHelp },
};

const MEANINGS: Readonly<Record<Verdict, string>> = {
  agrees: 'Every output stayed within what its class allows, on every input.',
  differs: 'An output left what its class allows.',
  uninformative: 'An output is the same whatever the input, so agreeing proves nothing. This is not a pass.',
  'ill-conditioned':
    'The original itself changes by more than 1 % under the smallest change of its input. This is not a pass.',
};

/** What a verdict is told by. */
type Judged = Pick<VerifyResult, 'verdict' | 'class'> & {
  readonly outputs: readonly { readonly cosine: number }[];
};

/** Values were meant to change: how close they stayed is measured, and nobody can call it right or wrong. */
const isApproximation = ({ verdict, class: exactness }: Pick<VerifyResult, 'verdict' | 'class'>): boolean =>
  verdict === 'agrees' && exactness === 'approximation';

/** What the verdict means, for whoever asks. */
export const meaningOf = (result: VerifyResult): string =>
  isApproximation(result)
    ? 'This step changes values on purpose. How far is measured, not judged: check the accuracy on your own data.'
    : MEANINGS[result.verdict];

/** Each verdict is a word with a mark; an approximation shows its worst cosine in place of a verdict. */
export function lookOf(result: Judged): Look {
  if (isApproximation(result)) {
    const cosines = result.outputs.map((output) => output.cosine).filter(Number.isFinite);
    const word = cosines.length > 0 ? `cosine ${Math.min(...cosines).toFixed(3)}` : 'approximates';
    return { word, tone: 'changed', icon: EqualApproximately };
  }
  if (result.verdict === 'agrees' && result.class === 'bits') return { ...VERDICTS.agrees, word: 'bit-exact' };
  return VERDICTS[result.verdict];
}

/** The verdict of a comparison; null is a state of its own, not a pass. */
export function VerdictBadge({ result }: { readonly result: Judged | null }) {
  if (!result) return <Badge icon={CircleDashed}>not checked yet</Badge>;
  const { word, tone, icon } = lookOf(result);
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
