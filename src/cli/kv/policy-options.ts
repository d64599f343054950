import { passInfos } from '../../engine/catalogue.ts';
import { COMPARED, type AskedPolicy, type ComparedName } from '../../engine/kv/open-policy.ts';
import { PASS_OF, POLICIES, type PolicyName } from '../../engine/kv/policies.ts';
import type { OptionValues } from '../../rewrite/pass.ts';
import { UsageError, type Arguments, type Options } from '../arguments.ts';

const SIZES = ['window', 'sinks', 'block', 'group', 'residual'] as const;

/** `--block` stands with the simulation, which takes several. */
export const POLICY_OPTIONS: Options = {
  policy: {
    type: 'string',
    multiple: true,
    value: 'P',
    help: `${POLICIES.join(', ')}; to compare, also heavy-hitter, several, or all`,
  },
  window: { type: 'string', value: 'N', help: 'positions of a sliding window, or of the window behind sinks (256)' },
  sinks: { type: 'string', value: 'N', help: 'first positions that are kept beside a window (4)' },
  group: { type: 'string', value: 'N', help: 'int8: positions that share scales of keys (32)' },
  residual: { type: 'string', value: 'N', help: 'int8: last positions that stay float (16)' },
  heavy: { type: 'string', value: 'N', help: 'heavy-hitter: positions that are kept for the attention they had (64)' },
  recent: { type: 'string', value: 'N', help: 'heavy-hitter: last positions (64)' },
};

/** Sizes of a policy that were given. */
export function sizesOf(args: Arguments, policy: ComparedName): OptionValues {
  if (policy === 'heavy-hitter') return heavySizes(args);
  const specs = passInfos().find(({ id }) => id === PASS_OF[policy])?.options ?? {};
  const given: Record<string, number> = {};
  for (const name of SIZES) {
    const spec = specs[name];
    if (spec?.type !== 'number') continue;
    const value = args.number(name, { min: spec.min, max: spec.max, integer: true });
    if (value !== null) given[name] = value;
  }
  return given;
}

function heavySizes(args: Arguments): OptionValues {
  const heavy = args.number('heavy', { min: 0, max: 1_000_000, integer: true });
  const recent = args.number('recent', { min: 1, max: 1_000_000, integer: true });
  return { ...(heavy !== null && { heavy }), ...(recent !== null && { recent }) };
}

/** The one policy that is asked for, and its sizes; a size of another one is an error. */
export function onePolicy(args: Arguments): { readonly policy: PolicyName; readonly options: OptionValues } {
  const [policy, ...more] = policiesOf(args, POLICIES, []);
  if (policy === undefined) throw new UsageError(`--policy is missing: one of ${POLICIES.join(', ')}.`);
  if (more.length > 0) throw new UsageError('A model keeps its cache by one policy: give one --policy.');
  const options = sizesOf(args, policy);
  const strange = SIZES.find((name) => args.text(name) !== null && options[name] === undefined);
  if (strange) throw new UsageError(`--${strange} is no size of the policy ${policy}.`);
  return { policy, options };
}

/** Policies that are asked for among those that are known, each once; `all`: every one. */
export function policiesOf<T extends ComparedName>(
  args: Arguments,
  known: readonly T[],
  otherwise: readonly T[],
): readonly T[] {
  const given = args.texts('policy').flatMap((text) => text.split(','));
  if (given.length === 0) return otherwise;
  if (given.includes('all')) return known;
  const wrong = given.find((name) => !(known as readonly string[]).includes(name));
  if (wrong !== undefined) throw new UsageError(`--policy is one of ${known.join(', ')}, not ${wrong}.`);
  return known.filter((name) => given.includes(name));
}

/** Policies that are held against one another, with their sizes. */
export const comparedPolicies = (args: Arguments): readonly AskedPolicy[] =>
  policiesOf(args, COMPARED, ['dense']).map((policy) => ({ policy, options: sizesOf(args, policy) }));
