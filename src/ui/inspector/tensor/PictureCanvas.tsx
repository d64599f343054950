import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { formatInteger, formatValue } from '../../../base/format.ts';
import type { PictureRequest, TensorPicture } from '../../../engine/detail-types.ts';
import { useWidth } from '../../kit/use-width.ts';
import { useCanvasTheme } from '../../canvas/theme.ts';
import { paintLens, paintPicture, valueAt, type Paint } from './paint-picture.ts';
import { boxOf, cellAt, layOut, step, type Cell } from './picture-geometry.ts';
import { rampOf } from './ramp.ts';

const LENS = 108;
/** Cells from this size on are seen well enough without a lens, px. */
const LEGIBLE = 14;

/** `4`, or `4–7` where a cell pools several. */
const span = (cell: number, step: number, size: number): string => {
  const last = Math.min(size, (cell + 1) * step) - 1;
  const first = cell * step;
  return first === last ? formatInteger(first) : `${formatInteger(first)}–${formatInteger(last)}`;
};

/** Where a cell is and what it holds, in words. */
function readOut(picture: TensorPicture, cell: Cell, { channel, pooling }: PictureRequest): string {
  const { kind, rowStep, columnStep, rows, columns, colors, from, width, data } = picture;
  const value = formatValue(valueAt(picture, cell));
  if (kind === 'line') {
    const high = formatValue(data[width + cell.column]);
    const at = span(cell.column, columnStep, columns);
    return columnStep === 1 ? `${at}: ${value}` : `${at}: ${value} to ${high}`;
  }
  if (kind === 'matrix') {
    const pooled = rowStep * columnStep > 1 ? (pooling === 'mean' ? 'mean ' : 'largest ') : '';
    return `row ${span(cell.row, rowStep, rows)}, column ${span(cell.column, columnStep, columns)}: ${pooled}${value}`;
  }
  const place = `output ${formatInteger(from + cell.tile)}, place ${cell.row}×${cell.column}`;
  if (colors === 3) {
    return `${place}: R ${value}, G ${formatValue(valueAt(picture, cell, 1))}, B ${formatValue(valueAt(picture, cell, 2))}`;
  }
  const over = channel === 'all' && picture.channels > 1 ? (pooling === 'mean' ? 'mean ' : 'largest ') : '';
  return `${place}: ${over}${value}`;
}

const KINDS: Readonly<Record<TensorPicture['kind'], string>> = {
  kernels: 'Kernels, one for each output channel',
  matrix: 'Matrix as a heat map',
  line: 'Values in order',
};

interface PictureCanvasProps {
  readonly name: string;
  readonly picture: TensorPicture;
  readonly request: PictureRequest;
  readonly family: string;
}

/** A painted constant: a lens and a read-out follow the mouse, or the arrow keys. */
export function PictureCanvas({ name, picture, request, family }: PictureCanvasProps) {
  const [box, room] = useWidth();
  const theme = useCanvasTheme();
  // A cell is of one picture: the next one begins without.
  const [held, setHeld] = useState<{ readonly picture: TensorPicture; readonly cell: Cell | null } | null>(null);
  const cell = held?.picture === picture ? held.cell : null;
  const setCell = (next: Cell | null): void => setHeld({ picture, cell: next });
  const canvas = useRef<HTMLCanvasElement>(null);
  const lens = useRef<HTMLCanvasElement>(null);
  const readout = useId();
  const geometry = useMemo(() => layOut(picture, Math.max(40, room)), [picture, room]);
  const paint = useMemo((): Paint => {
    const color = theme.families[family as keyof typeof theme.families] ?? theme.text2;
    return { picture, geometry, theme, ramp: rampOf(theme), family: color };
  }, [picture, geometry, theme, family]);
  useEffect(() => {
    if (canvas.current) paintPicture(canvas.current, paint);
  }, [paint]);
  useEffect(() => {
    if (lens.current && cell) paintLens(lens.current, LENS, paint, cell);
  }, [paint, cell]);
  const [x, y, w, h] = cell ? boxOf(geometry, cell) : [0, 0, 0, 0];
  return (
    <div className="relative">
      <div ref={box} className="ins-picture-scroll">
        <div className="relative" style={{ width: geometry.width, height: geometry.height }}>
          <canvas
            ref={canvas}
            role="img"
            tabIndex={0}
            aria-label={`${name}. ${KINDS[picture.kind]}.`}
            aria-describedby={readout}
            className="ins-picture-canvas"
            style={{ width: geometry.width, height: geometry.height }}
            onPointerMove={({ clientX, clientY, currentTarget }) => {
              const place = currentTarget.getBoundingClientRect();
              setCell(cellAt(geometry, clientX - place.left, clientY - place.top));
            }}
            onPointerLeave={() => setCell(null)}
            onBlur={() => setCell(null)}
            onKeyDown={(event) => {
              const next = step(geometry, cell, event.key);
              if (!next) return;
              event.preventDefault();
              event.stopPropagation();
              setCell(next);
            }}
          />
          {cell && (
            <span className="ins-picture-cell" style={{ left: x, top: y, width: w, height: h }} aria-hidden="true" />
          )}
        </div>
      </div>
      {cell && picture.kind !== 'line' && Math.min(w, h) < LEGIBLE && (
        <canvas
          ref={lens}
          aria-hidden="true"
          className="ins-picture-lens"
          data-side={x > room / 2 ? 'left' : 'right'}
          style={{ width: LENS, height: LENS }}
        />
      )}
      <p id={readout} aria-live="polite" className="num ell mt-1 h-[15px] text-105 text-ink-3">
        {cell ? readOut(picture, cell, request) : `Point, or use the arrow keys, to read values.`}
      </p>
      <Scale picture={picture} />
    </div>
  );
}

/** What the colours stand for, with both ends and the zero between them. */
function Scale({ picture: { limit, colors, kind } }: { readonly picture: TensorPicture }) {
  if (kind === 'line') {
    return <p className="num text-105 text-ink-3">Height: ±{formatValue(limit)}, zero in the middle.</p>;
  }
  if (colors === 3) {
    return (
      <p className="num text-105 text-ink-3">Red, green and blue: mid-grey is 0, full is ±{formatValue(limit)}.</p>
    );
  }
  return (
    <div className="num flex items-center gap-2 text-105 text-ink-3">
      {formatValue(-limit)}
      <span className="ins-picture-scale" aria-hidden="true" />
      {formatValue(limit)}
    </div>
  );
}
