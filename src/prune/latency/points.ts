import { seeded } from '../../base/random.ts';
import { roundedWidth, type Selectable } from '../select.ts';

/** Shares of all channels that go, for points along which a person moves the slider. */
const UNIFORM = [0.15, 0.35, 0.6, 0.85];
/** Points at which each group has a width of its own: they tell kinds of kernels apart. */
const MIXED = 4;
/** At most this share of a group goes there. */
const MOST = 0.9;

/** Widths, by group, at which a model is timed: all of them different, none of them whole. */
export function latencyWidths(
  groups: readonly Pick<Selectable, 'channels' | 'atoms'>[],
  seed = 1,
): readonly Int32Array[] {
  const random = seeded(seed);
  const cut = (removed: () => number): Int32Array =>
    Int32Array.from(groups, (group) => roundedWidth(group, removed(), 1));
  const points = [
    ...UNIFORM.map((ratio) => cut(() => ratio)),
    ...Array.from({ length: MIXED }, () => cut(() => MOST * random())),
  ];
  const whole = groups.map(({ channels }) => channels).join();
  const seen = new Set([whole]);
  return points.filter((kept) => {
    const key = kept.join();
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
