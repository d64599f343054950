import { clsx } from 'clsx';
import { useId, useState } from 'react';
import { plural } from '../../base/format.ts';
import type { PruneGroupView, PruneOptions } from '../../prune/types.ts';
import type { GivenFile } from '../../protocol/api.ts';
import { readScores, scoresTemplate, scoresText } from '../../state/prune-scores.ts';
import { Button } from '../kit/controls.tsx';
import { FileButton } from '../kit/FileButton.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { FaultLine } from './fields.tsx';

interface Props {
  readonly groups: readonly PruneGroupView[];
  readonly scores: PruneOptions['scores'];
  onScores(scores: PruneOptions['scores']): void;
}

/** A person's own scores as JSON: written or pasted here, dropped, or chosen as a file. */
export function ScoresField({ groups, scores, onScores }: Props) {
  const id = useId();
  const [text, setText] = useState(() => scoresText(scores));
  const [fault, setFault] = useState<string | null>(null);
  const use = (next: string): void => {
    setText(next);
    const read = readScores(next, groups);
    setFault('fault' in read ? read.fault : null);
    if ('scores' in read) onScores(read.scores);
  };
  const take = ([first]: readonly GivenFile[]): void => void first?.file.text().then(use);
  const { over, handlers } = useDrop(take);
  const named = Object.keys(scores).length;
  return (
    <div className={clsx('col-span-2 flex flex-col gap-1.5', over && 'drop-lit')} {...handlers}>
      <label htmlFor={id} className="text-11 text-ink-3">
        Scores, {named > 0 ? `of ${plural(named, 'group')}` : 'none yet: all channels count the same'}
      </label>
      <textarea
        id={id}
        className="scores mono"
        rows={3}
        spellCheck={false}
        placeholder={'{ "group key": [numbers] }'}
        aria-invalid={fault !== null}
        aria-describedby={fault === null ? undefined : `${id}-fault`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex flex-wrap gap-1.5">
        <Button size="small" disabled={text.trim() === ''} onClick={() => use(text)}>
          Use these
        </Button>
        <FileButton label="File of scores" accept=".json" onFiles={take}>
          File…
        </FileButton>
        <Button size="small" variant="ghost" onClick={() => setText(scoresTemplate(groups))}>
          All keys
        </Button>
      </div>
      {fault !== null && (
        <div id={`${id}-fault`}>
          <FaultLine>{fault}</FaultLine>
        </div>
      )}
    </div>
  );
}
