import { clsx } from 'clsx';
import { Locate } from 'lucide-react';
import { useState } from 'react';
import { plural } from '../../base/format.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { Check } from '../prune/fields.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** Genes that are listed at once. */
const SHOWN = 40;

/** Indices after a press on one of them: at least two stay, for a choice of one is none. */
export function toggledChoice(allowed: readonly number[], choice: number): readonly number[] {
  const next = allowed.includes(choice) ? allowed.filter((each) => each !== choice) : [...allowed, choice];
  return next.length < 2 ? allowed : next.sort((a, b) => a - b);
}

function Gene({ app, disabled, gene }: Props & { readonly gene: GeneView }) {
  const lit = useSearching(app, (state) => state.gene === gene.id);
  const asked = useSearching(app, (state) => state.request.space.genes[gene.id]);
  const { id, name, labels, allowed, searched, spared, nodes } = gene;
  const { setGene, markGene, showGene } = app.actions;
  const choose = (choice: number): void => {
    const choices = toggledChoice(allowed, choice);
    setGene(id, choices.length === labels.length && spared === null ? null : { searched: true, choices });
  };
  return (
    <li
      className={clsx('search-gene', lit && 'search-lit')}
      data-off={searched ? undefined : ''}
      onPointerEnter={() => markGene(id)}
      onPointerLeave={() => markGene(null)}
      onFocus={() => markGene(id)}
      onBlur={() => markGene(null)}
    >
      <span className="flex items-center gap-1">
        <span className="ell-left grow text-12" title={name}>
          {name}
        </span>
        <IconButton
          icon={Locate}
          size="small"
          iconSize={12}
          label={`Show ${name} on the graph`}
          title={`${plural(nodes.length, 'node')}: show on the graph`}
          onClick={() => void showGene(id)}
        />
      </span>
      {searched && (
        <span className="flex flex-wrap gap-1" role="group" aria-label={`Choices of ${name}`}>
          {labels.map((label, choice) => (
            <button
              key={label}
              type="button"
              className="search-chip num"
              aria-pressed={allowed.includes(choice)}
              disabled={disabled}
              onClick={() => choose(choice)}
            >
              {label}
            </button>
          ))}
        </span>
      )}
      {(spared !== null || !searched || asked !== undefined) && (
        <>
          {spared !== null && <span className="text-11 text-ink-3">Spared: {spared}.</span>}
          <Check
            label={spared === null ? 'Searched' : 'Let it go'}
            on={searched}
            disabled={disabled}
            onChange={(on) => setGene(id, on === (spared === null) ? null : { searched: on })}
          />
        </>
      )}
      {searched && spared === null && asked === undefined && (
        <Button
          size="small"
          variant="ghost"
          className="self-start"
          disabled={disabled}
          aria-label={`Leave ${name} as it is`}
          onClick={() => setGene(id, { searched: false })}
        >
          Leave as it is
        </Button>
      )}
    </li>
  );
}

/** Every decision of the search, with what it may be. */
export function GeneList({ app, disabled, genes }: Props & { readonly genes: readonly GeneView[] }) {
  const [isOpen, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const spared = genes.filter((gene) => gene.spared !== null && !gene.searched).length;
  return (
    <details className="train-more" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        Genes
        <span className="num ml-auto text-11 text-ink-3">
          {genes.length}
          {spared > 0 && `, ${spared} spared`}
        </span>
      </summary>
      {isOpen && (
        <ul className="flex flex-col gap-1 pt-1" aria-label="Genes">
          {(all ? genes : genes.slice(0, SHOWN)).map((gene) => (
            <Gene key={gene.id} app={app} disabled={disabled} gene={gene} />
          ))}
        </ul>
      )}
      {isOpen && genes.length > SHOWN && !all && (
        <Button size="small" variant="ghost" onClick={() => setAll(true)}>
          Show all {plural(genes.length, 'gene')}
        </Button>
      )}
    </details>
  );
}
