import { invariant } from '../base/assert.ts';
import type { AttributeType, Node } from '../ir/model.ts';
import { ATTRIBUTE_TABLE } from './attribute-table.ts';
import { opKey } from './registry.ts';

/** What holds where an attribute is not written: by its type. Tensors, graphs and types have no default. */
export type AttributeDefault = number | string | readonly number[] | readonly string[];

/** An attribute as the operator specification has it, at one version of the operator set. */
export interface AttributeSpec {
  readonly name: string;
  readonly type: AttributeType;
  readonly required: boolean;
  /** Null: none; what holds then follows from the inputs, or the attribute is just absent. */
  readonly fallback: AttributeDefault | null;
}

interface VersionedSpec extends AttributeSpec {
  /** Versions of the operator set for which it holds: `from` on, before `until`. */
  readonly from: number;
  readonly until: number;
}

const ENTRY = /^(\w+): ([a-z-]+)(!?)(?: = (.*?))?(?: from (\d+))?(?: until (\d+))?$/;

/** `[1, 2]` → `['1', '2']`; an empty list has no items. */
const itemsOf = (text: string): string[] => text.slice(1, -1).split(', ').filter(Boolean);

function fallbackOf(type: AttributeType, text: string): AttributeDefault {
  if (type === 'int' || type === 'float') return Number(text);
  if (type === 'ints' || type === 'floats') return itemsOf(text).map(Number);
  return type === 'strings' ? itemsOf(text) : text.replace(/^''$/, '');
}

function parse(entry: string): VersionedSpec {
  const [, name, type, required, fallback, from, until] = ENTRY.exec(entry) ?? [];
  invariant(name !== undefined && type !== undefined, `the attribute table has no entry of the form "${entry}"`);
  return {
    name,
    type: type as AttributeType,
    required: required === '!',
    fallback: fallback === undefined ? null : fallbackOf(type as AttributeType, fallback),
    from: Number(from ?? 0),
    until: Number(until ?? Infinity),
  };
}

const parsed = new Map<string, readonly VersionedSpec[]>();

/**
 * The attributes that an operator has, by name.
 *
 * @param version of the operator set that the node's domain is imported at
 * @returns null for an operator that the table does not know
 */
export function attributesOf(node: Pick<Node, 'opType' | 'domain'>, version: number): readonly AttributeSpec[] | null {
  const key = opKey(node);
  const row = ATTRIBUTE_TABLE[key];
  if (row === undefined) return null;
  const all = parsed.get(key) ?? (row === '' ? [] : row.split('; ').map(parse));
  parsed.set(key, all);
  return all.filter(({ from, until }) => from <= version && version < until);
}
