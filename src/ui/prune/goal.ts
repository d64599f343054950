import type { PruneOptions, PruneTarget } from '../../prune/types.ts';

/** What the target counts: channels that go, or the share of a cost that stays. */
export type Goal = 'channels' | PruneTarget;

interface GoalWords {
  /** In the list of goals. */
  readonly title: string;
  /** The slider's name. */
  readonly slider: string;
}
export const GOALS: Readonly<Record<Goal, GoalWords>> = {
  channels: { title: 'Channels cut', slider: 'Channels to cut' },
  macs: { title: 'MACs left', slider: 'MACs that are left' },
  parameters: { title: 'Parameters left', slider: 'Parameters that are left' },
  bytes: { title: 'Bytes left', slider: 'Bytes that are left' },
  latency: { title: 'Latency left', slider: 'Latency that is left' },
};

const TARGETS: readonly PruneTarget[] = ['macs', 'parameters', 'bytes', 'latency'];
type Targeted = Pick<PruneOptions, PruneTarget | 'ratio'>;
/** No cost is the target: the ratio rules. */
export const NO_TARGET = { macs: null, parameters: null, bytes: null, latency: null } as const;

export const goalOf = (options: Targeted): Goal => TARGETS.find((each) => options[each] !== null) ?? 'channels';

/** The target in percent: of channels cut, or of the cost that is left. */
export function percentOf(options: Targeted): number {
  const goal = goalOf(options);
  return Math.round((goal === 'channels' ? options.ratio : (options[goal] ?? 1)) * 100);
}

/** At most this share of the channels is cut by the target; single groups may go further. At least 5 % of a cost stay. */
export const boundsOf = (goal: Goal): readonly [number, number] => (goal === 'channels' ? [0, 95] : [5, 100]);

export const withPercent = (options: Targeted, percent: number): Partial<PruneOptions> => {
  const goal = goalOf(options);
  return goal === 'channels' ? { ratio: percent / 100 } : { ...NO_TARGET, [goal]: percent / 100 };
};

/** Another goal, at about the same cut: a layer's cost goes with the product of its two widths. */
export function withGoal(options: Targeted, goal: Goal): Partial<PruneOptions> {
  if (goal === 'channels') return NO_TARGET;
  const now = goalOf(options);
  const share = now === 'channels' ? (1 - options.ratio) ** 2 : (options[now] ?? 1);
  return { ...NO_TARGET, [goal]: Math.max(0.05, Math.round(share * 100) / 100) };
}
