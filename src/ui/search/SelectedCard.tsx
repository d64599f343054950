import { ArrowUpRight, Columns2, Copy, Download } from 'lucide-react';
import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { genomeWords } from './bars.ts';
import { FigureList } from './FigureList.tsx';
import { openRefusal } from './refusal.ts';
import { Stripe } from './Stripe.tsx';
import { networkName } from './words.ts';

/** The network that is selected, and what can be done with it. */
export function SelectedCard({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const selected = useSearching(app, (state) => state.selected);
  const gene = useSearching(app, (state) => state.gene);
  const failure = useDocument(app, (state) => (state.failure?.place === 'search' ? state.failure : null));
  const point = pointOf(run.points, selected);
  if (!point) {
    return (
      <p className="search-selected text-11 text-ink-3">
        A stripe is a network: a bar for each group, its height the width that is kept, a thin line where a block is
        gone. Choose one on the chart or in the list.
      </p>
    );
  }
  const refusal = openRefusal(run, point.id);
  const words = genomeWords(run.genes, run.order, point.genome);
  return (
    <section className="search-selected" aria-label="Selected">
      <p className="mb-2 flex items-baseline justify-between">
        <span className="text-11 text-ink-3">Selected</span>
        <strong className="text-13 font-strong">{networkName(point.id)}</strong>
      </p>
      <Stripe space={run} genome={point.genome} width={204} height={34} widest={24} lit={gene} />
      <p className="mt-1.5 mb-2.5 text-11 text-ink-2 first-letter:uppercase">{words}.</p>
      <FigureList run={run} point={point} />
      {failure && (
        <div className="mt-2">
          <Problem compact error={failure.error} what={failure.what} />
        </div>
      )}
      <div className="mt-3 flex flex-col gap-1.5">
        <Button
          variant="primary"
          icon={ArrowUpRight}
          disabled={refusal !== null}
          title={refusal ?? 'As steps of the recipe, to be checked, timed, recovered and exported'}
          onClick={() => void app.actions.openFound()}
        >
          Open on canvas
        </Button>
        <Button
          icon={Columns2}
          disabled={refusal !== null}
          title={refusal ?? undefined}
          onClick={() => void app.actions.compareFound()}
        >
          Compare with the original
        </Button>
        <span className="grid grid-cols-2 gap-1.5">
          <Button
            icon={Copy}
            disabled={refusal !== null}
            title={refusal ?? 'From the opened file to this network, as JSON'}
            onClick={() => void app.actions.copyFoundRecipe()}
          >
            Copy recipe
          </Button>
          <Button
            icon={Download}
            disabled={refusal !== null}
            title={refusal ?? 'As a file that replays on the model'}
            onClick={() => void app.actions.saveFoundRecipe()}
          >
            Save recipe…
          </Button>
        </span>
        <Button size="small" variant="ghost" onClick={() => void app.actions.copyFound()}>
          Copy the genome
        </Button>
        {refusal !== null && <p className="text-11 text-ink-3">{refusal}</p>}
      </div>
    </section>
  );
}
