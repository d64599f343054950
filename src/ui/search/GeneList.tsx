import { useState } from 'react';
import { plural } from '../../base/format.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { GeneRow } from './GeneRow.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** Genes that are listed at once. */
const SHOWN = 40;

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
            <GeneRow key={gene.id} app={app} disabled={disabled} gene={gene} onPoint={app.actions.markGene} />
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
