import { Check, CircleDashed, CircleHelp, X, type LucideIcon } from 'lucide-react';
import type { Verdict, VerifyResult } from '../../verify/types.ts';
import { Badge, type Tone } from '../kit/controls.tsx';

interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
}

/** Each verdict is a word with a mark; neither stands for the other. */
export const VERDICTS: Readonly<Record<Verdict, Look>> = {
  agrees: { word: 'agrees', tone: 'good', icon: Check },
  differs: { word: 'differs', tone: 'error', icon: X },
  uninformative: { word: 'uninformative', tone: 'warning', icon: CircleHelp },
  'ill-conditioned': { word: 'ill-conditioned', tone: 'warning', icon: CircleHelp },
};

/** What the verdicts mean, for whoever asks. */
export const MEANINGS: Readonly<Record<Verdict, string>> = {
  agrees: 'Every output stayed within what its class allows, on every input.',
  differs: 'An output left what its class allows.',
  uninformative: 'An output is the same whatever the input, so agreeing proves nothing. This is not a pass.',
  'ill-conditioned':
    'The original itself changes by more than 1 % under the smallest change of its input. This is not a pass.',
};

/** The verdict of a comparison; null is a state of its own, not a pass. */
export function VerdictBadge({ result }: { readonly result: VerifyResult | null }) {
  if (!result) return <Badge icon={CircleDashed}>not checked yet</Badge>;
  const { word, tone, icon } = VERDICTS[result.verdict];
  const exact = result.verdict === 'agrees' && result.class === 'bits';
  return (
    <Badge tone={tone} icon={icon}>
      {exact ? 'bit-exact' : word}
    </Badge>
  );
}
