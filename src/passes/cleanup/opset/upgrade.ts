import { attributesOf } from '../../../ops/attributes.ts';
import { isWhole, OPERATORS, sinceVersion } from '../../../ops/registry.ts';
import type { Node } from '../../../ir/model.ts';
import { ADAPTERS } from './adapters.ts';
import { isDraft } from './draft.ts';
import type { Adapter, Draft, Facts, Operand } from './types.ts';
import { WITHOUT_KERNEL } from './kernels.ts';
import { EARLY, NEVER_CHANGED, UNCHANGED } from './unchanged.ts';

/** Why the node cannot be understood in the version of its operator set, as a clause; null: it can. */
export function nodeReason(node: Node, version: number): string | null {
  const brought = NEVER_CHANGED[node.opType];
  if (brought !== undefined) return brought <= version ? null : `version ${version} has no such operator`;
  if (sinceVersion(node, version) === 0 && !EARLY.has(node.opType)) return `version ${version} has no such operator`;
  if (node.opType === 'Upsample' && version >= 10) return 'version 10 took this operator away';
  if (node.opType === 'Scatter' && version >= 11) return 'version 11 took this operator away';
  if (!isWhole(node)) return 'it lacks an input that it requires';
  return attributeReason(node, version);
}

/** Attributes that the version does not have, or not of this type, or that are missing: adapters could not read them. */
function attributeReason(node: Node, version: number): string | null {
  const specs = attributesOf(node, version);
  if (specs === null) return null;
  for (const [name, attribute] of node.attributes) {
    if (name.startsWith('__')) continue;
    const spec = specs.find((each) => each.name === name);
    if (!spec && EARLY.has(node.opType)) continue;
    if (!spec) return `version ${version} of its operator has no attribute ${name}`;
    const type = attribute.type === 'reference' ? attribute.of : attribute.type;
    if (type !== spec.type && type !== 'undefined') return `its attribute ${name} is of type ${type}, not ${spec.type}`;
  }
  const missing = specs.find((each) => each.required && !node.attributes.has(each.name));
  return missing ? `it lacks its attribute ${missing.name}` : null;
}

/** Why the runtime could not run the node any more, as a clause; null: it can. */
export function kernelReason(opType: string, from: number, target: number): string | null {
  const missing = WITHOUT_KERNEL[opType] ?? Infinity;
  return from < missing && missing <= target
    ? `ONNX Runtime Web has no kernel for version ${missing} of its operator`
    : null;
}

/** Versions after `from`, up to `target`, at which the operator changed. */
const stepsOf = (opType: string, from: number, target: number): readonly number[] =>
  OPERATORS.get(opType)?.since.filter((version) => version > from && version <= target) ?? [];

const keep: Adapter = (draft) => draft;

function adapterFor(opType: string, version: number): Adapter | string {
  const adapter = ADAPTERS[opType]?.[version];
  if (adapter) return adapter;
  return UNCHANGED[opType]?.includes(version) ? keep : `what version ${version} changed of its operator is not known`;
}

const hasReference = (draft: Draft): boolean => [...draft.attributes.values()].some(({ type }) => type === 'reference');

/** The draft, which is of version `from`, in the terms of the target; the very same where nothing changes. */
export function upgrade(draft: Draft, from: number, facts: Facts): Draft | string {
  let current = draft;
  for (const version of stepsOf(draft.opType, from, facts.target)) {
    const adapter = adapterFor(draft.opType, version);
    if (typeof adapter === 'string') return adapter;
    if (adapter === keep) continue;
    // To an adapter, an attribute that comes from the call would look like one that is not there.
    if (hasReference(draft)) return 'one of its attributes is that of the function which it stands in';
    const next = adapter(current, facts);
    if (typeof next === 'string') return next;
    if (next === current) continue;
    const made = upgradeInputs(next, current, version, facts);
    if (typeof made === 'string') return made;
    if (made.opType !== current.opType) return upgrade(made, version, facts);
    current = made;
  }
  return current;
}

/** Operators that the step made below the draft are of its version, and go on from there. */
function upgradeInputs(next: Draft, before: Draft, version: number, facts: Facts): Draft | string {
  const inputs: Operand[] = [];
  for (const input of next.inputs) {
    const upgraded = isDraft(input) && !before.inputs.includes(input) ? upgrade(input, version, facts) : input;
    if (typeof upgraded === 'string') return upgraded;
    inputs.push(upgraded);
  }
  return { ...next, inputs };
}
