import { Plus, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { formatShape, plural } from '../../base/format.ts';
import type { HintPair, NamedValue } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { useCompare, useTraining } from '../kit/use-store.ts';
import { useValues } from '../train/use-values.ts';

const KINDS: readonly (readonly [HintPair['kind'], string])[] = [
  ['hint', 'values, through a learnt map'],
  ['attention', 'where each looks'],
  ['block', 'the end of a block'],
];

interface ChosenProps {
  readonly label: string;
  readonly node: number | null;
  readonly value: NamedValue | undefined;
}

/** What a click on one of the graphs has chosen. */
function Chosen({ label, node, value }: ChosenProps) {
  return (
    <span className="ell min-w-0 text-12">
      <span className="text-ink-3">{label} </span>
      {value ? (
        <>
          <span className="mono text-11">{value.name}</span>{' '}
          <span className="mono text-10 text-ink-3">{formatShape(value.shape)}</span>
        </>
      ) : (
        <span className="text-ink-3">{node === null ? 'click a node' : 'this node gives no floats'}</span>
      )}
    </span>
  );
}

/** Pairs of values of teacher (A) and student (B) for the loss, chosen on their graphs. */
export function PickBar({ app }: { readonly app: App }) {
  const { student, teacher, request } = useTraining(app, (state) => state.setup);
  const selected = useCompare(app, (state) => state.selected);
  const [kind, setKind] = useState<HintPair['kind']>('hint');
  // A person may compare others meanwhile: their nodes are none of these two.
  const isShown = useCompare(app, ({ result }) => result?.a.side === teacher && result.b.side === student);
  const own = useValues(app, student, true).find(({ node }) => isShown && node === selected.b);
  const theirs = useValues(app, teacher, true).find(({ node }) => isShown && node === selected.a);
  const { hints } = request.losses;
  const known = own && theirs && hints.some((each) => each.student === own.name && each.teacher === theirs.name);
  return (
    <section
      className="flex flex-none flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line bg-panel px-3 py-1.5"
      aria-label="Pairs for the loss"
    >
      {isShown ? (
        <>
          <Chosen label="Teacher" node={selected.a} value={theirs} />
          <Chosen label="Student" node={selected.b} value={own} />
        </>
      ) : (
        <Button size="small" onClick={app.actions.pickHints}>
          Show teacher and student
        </Button>
      )}
      <select
        aria-label="How they are compared"
        className="select h-6 text-12"
        value={kind}
        onChange={(event) => setKind(event.target.value as HintPair['kind'])}
      >
        {KINDS.map(([value, title]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
      <span className="ml-auto flex items-center gap-2">
        <span className="num text-11 text-ink-3" role="status">
          {plural(hints.length, 'pair')}
        </span>
        <Button
          size="small"
          icon={Plus}
          disabled={!own || !theirs || known === true}
          title={known ? 'This pair is there already' : undefined}
          onClick={() =>
            own && theirs && app.actions.addHint({ student: own.name, teacher: theirs.name, kind, factor: 0.1 })
          }
        >
          Add the pair
        </Button>
        <Button size="small" variant="primary" icon={Undo2} onClick={app.actions.endPicking}>
          Back to training
        </Button>
      </span>
    </section>
  );
}
