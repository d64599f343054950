import { toErrorRecord, CodedError } from '../base/error.ts';
import type { Job } from '../base/job.ts';
import { PASSES } from '../passes/index.ts';
import { unavailable } from '../rewrite/options.ts';
import type { Backend, OptionValues, Pass } from '../rewrite/pass.ts';
import { findSites } from '../rewrite/run.ts';
import type { Stop } from './document.ts';
import type { Calibration } from './calibration.ts';
import { obtainFacts } from './facts.ts';
import type { RuntimePort } from './ports.ts';
import { knownPass } from './steps.ts';
import type { PassSites } from './types.ts';

interface Search {
  readonly stop: Stop;
  readonly backend: Backend;
  readonly port: RuntimePort;
  readonly calibration: Calibration;
  readonly job: Job;
}

async function sitesOf(
  pass: Pass,
  options: OptionValues,
  { stop, backend, port, calibration, job }: Search,
): Promise<PassSites> {
  const refused = unavailable(pass, backend);
  if (refused) return { pass: pass.id, sites: [], refusals: [], unavailable: refused };
  try {
    const findings = await findSites(stop.model, pass, {
      backend,
      options,
      analysis: stop.analysis,
      obtain: (each, context) =>
        obtainFacts(each, context, port, job, calibration, { original: stop.original, investigates: false }),
    });
    const sites = findings.sites.map(({ key, rule, anchor, nodes, what }) => ({ key, rule, anchor, nodes, what }));
    return { pass: pass.id, sites, refusals: findings.refusals, unavailable: null };
  } catch (error) {
    if (error instanceof CodedError && (error.code === 'cancelled' || error.code === 'bad-request')) throw error;
    return { pass: pass.id, sites: [], refusals: [], unavailable: toErrorRecord(error).message };
  }
}

/** Sites of the named passes, or of all. A pass that fails says so in its own row; the others are not held up. */
export async function findAllSites(
  ids: readonly string[] | null,
  options: Readonly<Record<string, OptionValues>>,
  search: Search,
): Promise<readonly PassSites[]> {
  const passes = ids ? ids.map(knownPass) : PASSES;
  const found: PassSites[] = [];
  for (const [done, pass] of passes.entries()) {
    search.job.progress({ stage: 'Looking for sites', done, total: passes.length });
    await search.job.checkpoint();
    found.push(await sitesOf(pass, options[pass.id] ?? {}, search));
  }
  return found;
}
