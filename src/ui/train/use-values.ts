import { useEffect, useState } from 'react';
import type { CompareSide } from '../../engine/compare-types.ts';
import type { NamedValue } from '../../engine/train/types.ts';
import type { App } from '../../state/app.ts';
import { useCompare, useDocument } from '../kit/use-store.ts';

/** Values of a side that a hint may name, asked for when they are first needed. */
export function useValues(app: App, side: CompareSide | null, needed: boolean): readonly NamedValue[] {
  const revision = useDocument(app, (state) => state.document?.revision);
  const second = useCompare(app, (state) => state.second);
  const key = `${side} ${revision} ${second?.name}`;
  const [found, setFound] = useState<{ readonly of: string; readonly values: readonly NamedValue[] } | null>(null);
  useEffect(() => {
    if (side === null || !needed) return;
    let isOver = false;
    void app.actions.valueNames(side).then((values) => isOver || setFound({ of: key, values }));
    return () => {
      isOver = true;
    };
  }, [app, side, needed, key]);
  return found?.of === key ? found.values : [];
}
