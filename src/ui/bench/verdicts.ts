import { Check, Equal, Scale, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { BenchVerdict } from '../../bench/types.ts';
import type { Tone } from '../kit/controls.tsx';

interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
}
export const BENCH_VERDICTS: Readonly<Record<BenchVerdict, Look>> = {
  faster: { word: 'Faster', tone: 'good', icon: Check },
  slower: { word: 'Slower', tone: 'error', icon: TriangleAlert },
  'no change': { word: 'No change', tone: 'none', icon: Equal },
  inconclusive: { word: 'Inconclusive', tone: 'warning', icon: Scale },
  'no verdict': { word: 'No verdict', tone: 'warning', icon: TriangleAlert },
};
