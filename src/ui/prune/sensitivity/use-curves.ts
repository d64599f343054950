import { useMemo } from 'react';
import type { HarmId } from '../../../prune/sensitivity.ts';
import type { App } from '../../../state/app.ts';
import { curveLines, harmShown, type CurveLine } from '../../../state/curves.ts';
import { sensitivityShown, type SensitivityFinding } from '../../../state/sensing.ts';
import { useDocument } from '../../kit/use-store.ts';

export interface Curves {
  readonly finding: SensitivityFinding;
  readonly harm: HarmId;
  readonly lines: readonly CurveLine[];
}

/** What was measured of the model and ranking that are shown, as lines; null: nothing. */
export function useCurves(app: App): Curves | null {
  const finding = useDocument(app, sensitivityShown);
  const chosen = useDocument(app, (state) => state.harm);
  return useMemo(() => {
    if (!finding) return null;
    const harm = harmShown(finding.found, chosen);
    return { finding, harm, lines: curveLines(finding.found, harm) };
  }, [finding, chosen]);
}
