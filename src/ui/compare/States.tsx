import { Equal, TriangleAlert, Unplug } from 'lucide-react';
import { formatBytes } from '../../base/format.ts';
import type { Comparison } from '../../engine/compare-types.ts';
import type { App } from '../../state/app.ts';
import type { JobView } from '../../state/jobs.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useCompare } from '../kit/use-store.ts';
import { JobCard } from '../shell/JobCard.tsx';

const SHOWN = new Set<JobView['kind']>(['compare']);

/** A comparison, or a second file, at work. */
export const Working = ({ app }: { readonly app: App }) => <JobCard app={app} kinds={SHOWN} className="cmp-working" />;

/** What went wrong, where it was asked for. */
export function Problems({ app }: { readonly app: App }) {
  const error = useCompare(app, (state) => state.error);
  const second = useCompare(app, (state) => state.secondError);
  if (second) {
    return (
      <div className="cmp-problem">
        <Problem error={second.error} what={second.name}>
          <Button size="small" onClick={() => app.actions.dismissSecondError()}>
            Dismiss
          </Button>
        </Problem>
      </div>
    );
  }
  if (!error) return null;
  return (
    <div className="cmp-problem">
      <Problem error={error} what="The comparison">
        <Button size="small" onClick={() => app.actions.compareSides({})}>
          Compare again
        </Button>
      </Problem>
    </div>
  );
}

/** Nothing differs: said as plainly as a difference. */
export function NothingDiffers({ result }: { readonly result: Comparison }) {
  const same = result.a.side === result.b.side;
  return (
    <div className="flex items-start gap-3 px-4 py-4">
      <Icon of={Equal} size={18} className="text-ink-3" />
      <div>
        <p className="h3">Nothing differs.</p>
        <p className="mt-1 max-w-[64ch] text-12 text-ink-2">
          {same
            ? 'A and B are the same. Choose another stop of the recipe, or a second file.'
            : 'Nodes, attributes, weights, inputs and outputs are the same.'}
        </p>
      </div>
    </div>
  );
}

/** What a person should know before reading the table. */
export function Remarks({ app, result }: { readonly app: App; readonly result: Comparison }) {
  const missing = [...result.a.missing, ...result.b.missing];
  const nothing = result.pairs.length === 0 && !result.changes.some(({ kind }) => kind === 'fused' || kind === 'split');
  return (
    <>
      {nothing && result.changes.length > 0 && (
        <p className="cmp-remark">
          <Icon of={TriangleAlert} className="text-warning" />
          These models share no node: all of A is listed as removed, all of B as added.
        </p>
      )}
      {result.unreadBytes > 0 && (
        <p className="cmp-remark">
          <Icon of={missing.length > 0 ? Unplug : TriangleAlert} className="text-warning" />
          <span>
            {formatBytes(result.unreadBytes)} of weights were not compared
            {missing.length > 0 ? `: ${missing.join(', ')} is missing.` : '.'}
          </span>
          {missing.length === 0 && (
            <Button size="small" onClick={() => void app.actions.compareAllWeights()}>
              Compare them
            </Button>
          )}
        </p>
      )}
    </>
  );
}
