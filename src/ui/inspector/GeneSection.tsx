import { Dna } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { plural } from '../../base/format.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { isSearching } from '../../state/searching-run.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { GeneRow } from '../search/GeneRow.tsx';
import { Section } from './Section.tsx';

interface Props {
  readonly app: App;
  /** NodeIds of what is selected. */
  readonly nodes: readonly number[];
}

/** Genes that are listed at once. */
const SHOWN = 12;

/** The genes of the stop that is shown; null: nobody has asked for them. */
function useGenesHere(app: App): readonly GeneView[] | null {
  const cursor = useDocument(app, (state) => state.document?.cursor);
  const space = useSearching(app, (state) => state.space);
  return space && space.stop === cursor ? space.result.view.genes : null;
}

function Genes({ app, genes, disabled }: { app: App; genes: readonly GeneView[]; disabled: boolean }) {
  const [all, setAll] = useState(false);
  const { lightGene } = app.actions;
  // What is selected may change under the pointer.
  useEffect(() => () => lightGene(null), [lightGene]);
  return (
    <>
      <ul className="flex flex-col gap-1" aria-label="Genes of this selection">
        {(all ? genes : genes.slice(0, SHOWN)).map((gene) => (
          <GeneRow key={gene.id} app={app} disabled={disabled} gene={gene} onPoint={lightGene} />
        ))}
      </ul>
      {genes.length > SHOWN && !all && (
        <Button size="small" variant="ghost" onClick={() => setAll(true)}>
          Show all {plural(genes.length, 'gene')}
        </Button>
      )}
    </>
  );
}

/** Nothing is known yet: a way to ask. */
function Ask({ app, disabled, onAsk }: { readonly app: App; readonly disabled: boolean; onAsk(): void }) {
  const asking = useSearching(app, (state) => state.asking);
  const error = useSearching(app, (state) => state.spaceError);
  return (
    <>
      {error && !asking && <Problem compact error={error} what="What may be searched" />}
      <Button
        size="small"
        icon={Dna}
        disabled={asking || disabled}
        title="Widths, blocks, kernels and sizes that an architecture search may change"
        onClick={() => {
          onAsk();
          void app.actions.askGenes();
        }}
      >
        {asking ? 'Looking at what may change …' : 'What can be searched here'}
      </Button>
      {disabled && <p className="mt-1.5 text-11 text-ink-3">A search is at work: its end is waited for.</p>}
    </>
  );
}

/** What an architecture search may change of the selected nodes, to be switched and narrowed where it stands. */
export function GeneSection({ app, nodes }: Props) {
  const all = useGenesHere(app);
  const disabled = useSearching(app, (state) => isSearching(state.run));
  const genes = useMemo(() => {
    const chosen = new Set(nodes);
    return all?.filter((gene) => gene.nodes.some((node) => chosen.has(node))) ?? null;
  }, [all, nodes]);
  const asked = useRef(false);
  /** The button goes when the answer comes: whoever pressed it goes on there. */
  const arrive = (answer: HTMLDivElement | null): void => {
    if (answer && asked.current) answer.focus({ preventScroll: true });
    if (answer) asked.current = false;
  };
  return (
    <Section app={app} title="Search" aside={genes ? plural(genes.length, 'gene') : undefined}>
      {!genes && <Ask app={app} disabled={disabled} onAsk={() => (asked.current = true)} />}
      {genes && (
        <div ref={arrive} tabIndex={-1} className="outline-none">
          {genes.length > 0 ? (
            <Genes app={app} genes={genes} disabled={disabled} />
          ) : (
            <p className="text-12 text-ink-3">Nothing that a search may change touches this selection.</p>
          )}
          <p className="mt-2 text-12">
            <button type="button" className="ins-node-link" onClick={() => app.actions.setWorkspace('search')}>
              All genes
            </button>{' '}
            <span className="num text-ink-3">{all?.length}</span>
          </p>
        </div>
      )}
    </Section>
  );
}
