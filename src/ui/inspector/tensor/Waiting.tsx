import type { ReactNode } from 'react';
import type { App } from '../../../state/app.ts';
import type { Asked } from '../../../state/inspection.ts';
import type { TensorRef } from '../../../engine/detail-types.ts';
import { Button, ProgressBar } from '../../kit/controls.tsx';
import { useLater } from '../../kit/use-later.ts';

interface AnswerProps<T> {
  readonly app: App;
  readonly tensor: TensorRef;
  /** What is asked for, in words: "Statistics". */
  readonly what: string;
  readonly entry: Asked<T> | undefined;
  /** Height that is kept free until it is there, px. */
  readonly height: number;
  readonly onAgain: () => void;
  readonly children: (result: T) => ReactNode;
}

/** What the worker computes of a tensor: progress and a way out while it lasts, the reason where it failed. */
export function Answer<T>({ app, tensor, what, entry, height, onAgain, children }: AnswerProps<T>) {
  const late = useLater(entry?.state === 'loading');
  if (entry?.state === 'ready') return children(entry.result);
  if (entry?.state === 'failed') {
    return (
      <p role="alert" className="text-11 text-warning [overflow-wrap:anywhere]">
        {entry.error.message}
      </p>
    );
  }
  if (entry?.state === 'cancelled') {
    return (
      <p className="flex items-center justify-between text-11 text-ink-3" style={{ minHeight: height }}>
        {what}: stopped.
        <Button size="small" onClick={onAgain}>
          Compute
        </Button>
      </p>
    );
  }
  const progress = entry?.progress ?? null;
  return (
    <div style={{ minHeight: height }}>
      {late && (
        <div className="flex flex-col gap-1.5">
          <p className="flex items-center justify-between text-11 text-ink-3">
            {progress?.stage ?? what}
            <Button size="small" onClick={() => app.actions.cancelTensor(tensor)}>
              Cancel
            </Button>
          </p>
          <ProgressBar
            label={what}
            {...(progress?.done === undefined ? {} : { done: progress.done })}
            {...(progress?.total === undefined ? {} : { total: progress.total })}
          />
        </div>
      )}
    </div>
  );
}
