import { createElement } from 'react';
import type { Shape } from '../../ir/types.ts';

interface TypeTextProps {
  readonly dtype: string | null;
  readonly shape: Shape;
  /** The type in words, for what is no tensor. */
  readonly type: string;
}

/** `1×192×28×28 float32`: symbols in italics, `?` where a size is not known. */
export function TypeText({ dtype, shape, type }: TypeTextProps) {
  if (dtype === null || shape === null) return <span className="mono text-ink-3">{type}</span>;
  const sizes = shape.flatMap((dim, axis) => [
    axis > 0 ? '×' : '',
    typeof dim === 'string' ? createElement('i', { key: axis }, dim) : String(dim ?? '?'),
  ]);
  return (
    <span className="mono min-w-0 [overflow-wrap:anywhere]" title={type}>
      {sizes.length > 0 ? sizes : 'scalar'} <span className="text-ink-3">{dtype}</span>
    </span>
  );
}
