import { formatShape } from '../base/format.ts';
import type { ValueType } from './types.ts';

/** A type in words: `float32 1×3×224×224`, `sequence of float32 –`. */
export function typeText(type: ValueType | null): string {
  if (type === null) return 'unknown';
  switch (type.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return `${type.kind === 'tensor' ? '' : 'sparse '}${type.dtype} ${formatShape(type.shape)}`;
    case 'sequence':
    case 'optional':
      return `${type.kind} of ${typeText(type.element)}`;
    case 'map':
      return `map of ${type.key} to ${typeText(type.value)}`;
    case 'opaque':
      return `opaque ${type.domain}.${type.name}`;
    default:
      return type satisfies never;
  }
}
