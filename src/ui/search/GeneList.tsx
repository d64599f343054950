import { clsx } from 'clsx';
import { Locate } from 'lucide-react';
import { useState } from 'react';
import { plural } from '../../base/format.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { Button, IconButton } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { toggledChoice } from './gene-choice.ts';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** Genes that are listed at once. */
const SHOWN = 40;

function Gene({ app, disabled, gene }: Props & { readonly gene: GeneView }) {
  const lit = useSearching(app, (state) => state.gene === gene.id);
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
      <span className="flex items-center gap-2">
        <input
          type="checkbox"
          className="size-3.5 flex-none accent-(--accent-solid)"
          aria-label={spared === null ? `Search ${name}` : `Let ${name} go`}
          checked={searched}
          disabled={disabled}
          onChange={({ target }) =>
            setGene(id, target.checked === (spared === null) ? null : { searched: target.checked })
          }
        />
        <span className="search-name grow text-12" title={name}>
          <bdi>{name}</bdi>
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
        <span className="flex flex-wrap gap-1 pl-[22px]" role="group" aria-label={`Choices of ${name}`}>
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
      {spared !== null && <span className="pl-[22px] text-11 text-ink-3">Spared: {spared}.</span>}
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
