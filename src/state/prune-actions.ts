import { toErrorRecord } from '../base/error.ts';
import { costsOf } from '../prune/forecast.ts';
import { FORMULA_NAMES, readsActivations, readsGradients } from '../prune/importance/criteria.ts';
import type { PruneOptions, PrunePlanView } from '../prune/types.ts';
import type { PruneSession } from './document.ts';

export interface GroupGain {
  readonly macs: number;
  readonly bytes: number;
}

/** What cutting this one group changes, all other groups staying as they are now; 0 or below. */
export function groupGain({ plan, forecast: now }: Pick<PruneSession, 'plan' | 'forecast'>, group: number): GroupGain {
  const whole = plan.groups[group]?.channels;
  const kept = now.kept.map((width, index) => (index === group ? (whole ?? width) : width));
  const cost = costsOf(plan.forecast, plan.groups);
  return { macs: now.macs - cost(kept, 'macs'), bytes: now.bytes - cost(kept, 'bytes') };
}

/** Indices of the groups that a node is a member of; those whose channels it makes come first. */
export function groupsWith({ groups }: PrunePlanView, node: number): readonly number[] {
  const found = groups.flatMap(({ members }, index) => {
    const roles = members.filter((member) => member.node === node).map(({ role }) => role);
    return roles.length > 0 ? [{ index, makes: roles.some((role) => role !== 'in axis') }] : [];
  });
  return found.sort((a, b) => Number(b.makes) - Number(a.makes)).map(({ index }) => index);
}

/** Whether the rating rests on calibration data. */
export const ratesByData = (options: Pick<PruneOptions, 'importance' | 'formula'>): boolean =>
  readsActivations(options) || readsGradients(options);

/** What a formula of a person's own may name. */
export const formulaNames = FORMULA_NAMES;

/** What is wrong with a formula; null: it is understood. */
export function formulaFault(formula: string): string | null {
  try {
    readsActivations({ importance: 'formula', formula });
    return null;
  } catch (error) {
    return toErrorRecord(error).message;
  }
}

/** Options without what names groups that the plan does not have. */
export function knownOnly(options: PruneOptions, { groups }: PrunePlanView): PruneOptions {
  const keys = new Set(groups.map(({ key }) => key));
  const ratios = Object.entries(options.ratios).filter(([key]) => keys.has(key));
  return {
    ...options,
    ratios: Object.fromEntries(ratios),
    protected: options.protected.filter((key) => keys.has(key)),
  };
}
