import { useCallback, useMemo } from 'react';
import type { App } from '../../../state/app.ts';
import { harmAtWidth } from '../../../state/curves.ts';
import { useCurves } from './use-curves.ts';
import { HARMS } from './words.ts';

interface RowHarm {
  /** As it stands in the row, empty where it is not measured; null: nothing is, so that it needs no room. */
  readonly harm: string | null;
  readonly harmTitle: string;
}

/** What a group's width costs by its curve. */
export function useRowHarm(app: App): (key: string, kept: number) => RowHarm {
  const curves = useCurves(app);
  const byKey = useMemo(() => new Map(curves?.lines.map((line) => [line.key, line])), [curves]);
  return useCallback(
    (key, kept) => {
      const line = byKey.get(key);
      if (!curves || !line) return { harm: curves && '', harmTitle: '' };
      const { format, short } = HARMS[curves.harm];
      const value = harmAtWidth(line, kept);
      const harm = value === null ? '?' : format(value);
      return { harm, harmTitle: `${short} when cut alone${value === null ? ': not measured so narrow' : ''}` };
    },
    [byKey, curves],
  );
}
