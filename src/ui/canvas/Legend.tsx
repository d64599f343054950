import { Key } from 'lucide-react';
import { useState } from 'react';
import { FAMILIES, FAMILY_NAMES } from '../../base/families.ts';
import { formatInteger } from '../../base/format.ts';
import type { CodedError } from '../../base/error.ts';
import { NodeGlyph, type Change } from './glyphs.tsx';
import './legend.css';
import type { Look } from './look.ts';
import { MemoryTimeline } from './MemoryTimeline.tsx';
import type { Scene } from './scene.ts';
import type { GraphCanvasProps } from './types.ts';

interface Props {
  readonly props: Pick<GraphCanvasProps, 'overlay' | 'overlayEntry' | 'onMeasure'>;
  readonly scene: Scene;
  readonly look: Look;
  /** Brings an item into view. */
  readonly onGoTo: (item: number) => void;
}

/** What the colours on the canvas mean, above the switch that chooses them. */
export function Legend({ props, scene, look, onGoTo }: Props) {
  if (look.prune) return null;
  if (look.changes) return <KeyBox label="Key of the changes" entries={changeEntries(look)} />;
  if (props.overlay === 'operator') return <KeyBox label="Key of the operators" entries={familyEntries(scene)} />;
  return (
    <section className="gc-key gc-float" aria-label="Legend">
      <Asked {...props} />
      {props.overlay === 'memory' && <MemoryTimeline scene={scene} entry={props.overlayEntry} onGoTo={onGoTo} />}
      {(props.overlayEntry?.state === 'ready' || props.overlayEntry === null) && <Ramp look={look} />}
    </section>
  );
}

/** Low to high; both ends in words, and what has no value. */
function Ramp({ look }: { readonly look: Look }) {
  const { legend, steps } = look.heat;
  if (!legend || !steps?.some((step) => step >= 0)) return null;
  const unknown = steps.filter((step) => step < 0).length;
  return (
    <p className="gc-scale">
      <span>{legend.low}</span>
      <span className="gc-ramp" aria-hidden="true">
        {Array.from({ length: 7 }, (_, step) => (
          <i key={step} style={{ background: `var(--seq-${step + 1})` }} />
        ))}
      </span>
      <span>
        {legend.high} {legend.what}
      </span>
      {unknown > 0 && (
        <span className="gc-none">
          <i aria-hidden="true" /> no value, {formatInteger(unknown)}
        </span>
      )}
    </p>
  );
}

/** How the values were found, or why there are none. */
function Asked({ overlay, overlayEntry: entry, onMeasure }: Props['props']) {
  if (overlay === 'time' && onMeasure && entry?.state !== 'loading') {
    return (
      <div className="gc-note">
        <span>{entry ? noteOf(entry) : 'No node has been timed on this device yet.'}</span>
        <button type="button" className="gc-do" onClick={onMeasure}>
          {entry?.state === 'ready' ? 'Time again' : 'Time every node'}
        </button>
      </div>
    );
  }
  return entry ? <p className="gc-note">{noteOf(entry)}</p> : null;
}

function noteOf(entry: NonNullable<Props['props']['overlayEntry']>): string {
  switch (entry.state) {
    case 'loading':
      return 'Being worked out …';
    case 'ready':
      return entry.values.note;
    case 'failed':
      return (entry.error as Pick<CodedError, 'message'>).message;
    default:
      return entry satisfies never;
  }
}

interface Entry {
  readonly name: string;
  readonly count: number;
  readonly glyph: React.ReactNode;
  readonly color: string;
}

const CHANGE_NAMES: Readonly<Record<Change, string>> = {
  added: 'added',
  removed: 'removed',
  changed: 'changed',
  fused: 'fused',
};

function changeEntries({ changes }: Look): Entry[] {
  const counts = new Map<Change, number>();
  for (const change of changes?.values() ?? []) counts.set(change, (counts.get(change) ?? 0) + 1);
  return Array.from(counts, ([change, count]) => ({
    name: CHANGE_NAMES[change],
    count,
    glyph: <NodeGlyph family="unknown" change={change} />,
    color: `var(--${change})`,
  }));
}

function familyEntries({ picture: { view } }: Scene): Entry[] {
  const counts = FAMILIES.map(() => 0);
  for (const op of view.nodeOps) counts[view.opFamilies[op]!]! += 1;
  return FAMILIES.map((family, index) => ({
    name: FAMILY_NAMES[family],
    count: counts[index] ?? 0,
    glyph: <NodeGlyph family={family} change={null} />,
    color: family === 'unknown' ? 'var(--text-3)' : `var(--op-${family})`,
  })).filter(({ count }) => count > 0);
}

/** Glyph, name and count of each kind; folded until it is asked for, since operators are known by their names. */
function KeyBox({ label, entries }: { readonly label: string; readonly entries: readonly Entry[] }) {
  const [open, setOpen] = useState(false);
  return (
    <section className="gc-key gc-float" aria-label={label}>
      <button type="button" className="gc-do gc-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Key size={11} aria-hidden="true" /> Key
      </button>
      {open &&
        (entries.length === 0 ? (
          <p className="gc-note">Nothing differs.</p>
        ) : (
          <ul className="gc-kinds">
            {entries.map(({ name, count, glyph, color }) => (
              <li key={name} style={{ color }}>
                {glyph}
                <span>{name}</span>
                <b>{formatInteger(count)}</b>
              </li>
            ))}
          </ul>
        ))}
    </section>
  );
}
