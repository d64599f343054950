import { accuracyFinding } from '../../../report/measured/accuracy.ts';
import { profileFindings } from '../../../report/measured/profile.ts';
import { trainingFinding } from '../../../report/measured/training.ts';
import type { ReportFinding } from '../../../report/types.ts';
import type { App } from '../../../state/app.ts';
import type { TrainRun } from '../../../state/training-run.ts';
import { cacheFindings } from './cache.ts';
import { searchFinding } from './front.ts';

const trainedFinding = ({ student, teacher, step, curve, evaluations, result }: TrainRun): ReportFinding | null =>
  trainingFinding({
    student,
    teacher,
    steps: step,
    curve: curve.map(({ step: at, loss }) => [at, loss]),
    looks: evaluations,
    notes: result?.notes ?? [],
  });

/** What was measured in this session of the model that is open, in the order in which a report shows it. */
export function findingsOf(app: App): ReportFinding[] {
  const { profiled: shown, document } = app.document.getState();
  const { finding } = app.accuracy.getState();
  const { run: training } = app.training.getState();
  const { run: search } = app.searching.getState();
  const profiled = shown?.result;
  return [
    ...(profiled
      ? profileFindings(
          profiled.sides.map(({ view }) => view),
          profiled.roofline,
        )
      : []),
    ...(finding && finding.revision === document?.revision ? [accuracyFinding(finding.result)] : []),
    ...(training ? [trainedFinding(training)] : []),
    ...(search?.holds ? [searchFinding(search)] : []),
    ...cacheFindings(app.kv.getState()),
  ].filter((each) => each !== null);
}
