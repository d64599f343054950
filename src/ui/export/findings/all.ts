import type { ReportFinding } from '../../../report/types.ts';
import type { App } from '../../../state/app.ts';
import { accuracyFinding } from './accuracy.ts';
import { cacheFindings } from './cache.ts';
import { frontFinding } from './front.ts';
import { profileFindings } from './profile.ts';
import { trainingFinding } from './training.ts';

/** What was measured in this session of the model that is open, in the order in which a report shows it. */
export function findingsOf(app: App): ReportFinding[] {
  const { profiled, document } = app.document.getState();
  const { finding } = app.accuracy.getState();
  const { run: training } = app.training.getState();
  const { run: search } = app.searching.getState();
  return [
    ...(profiled ? profileFindings(profiled.result) : []),
    ...(finding && finding.revision === document?.revision ? [accuracyFinding(finding.result)] : []),
    ...(training ? [trainingFinding(training)] : []),
    ...(search?.holds ? [frontFinding(search)] : []),
    ...cacheFindings(app.kv.getState()),
  ].filter((each) => each !== null);
}
