import { clsx } from 'clsx';
import { useState } from 'react';
import { formatShare, plural } from '../../base/format.ts';
import type { QualityId } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { isSearching, type SearchRun } from '../../state/searching-run.ts';
import { Button } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { effectRows, rampOf, type EffectRow } from './effects.ts';
import { QUALITY_WORDS, qualityText, rankText } from '../../search/figures.ts';

const SHOWN = 8;

function Row({ app, row, quality }: { readonly app: App; readonly row: EffectRow; readonly quality: QualityId }) {
  const lit = useSearching(app, (state) => state.gene === row.id);
  return (
    <li
      className={clsx('search-effect', lit && 'search-lit')}
      onPointerEnter={() => app.actions.markGene(row.id)}
      onPointerLeave={() => app.actions.markGene(null)}
    >
      <span className="search-name text-ink-2" title={row.words} aria-hidden="true">
        <bdi>{row.name}</bdi>
      </span>
      <span className="sr-only">{row.words}</span>
      <span className="flex gap-px" aria-hidden="true">
        {row.cells.map(({ label, quality: mean, level }) => (
          <i
            key={label}
            className="search-cell"
            data-none={level === null ? '' : undefined}
            style={level === null ? undefined : { background: rampOf(level) }}
            title={`${label}: ${mean === null ? 'none has it' : qualityText(mean, quality)}`}
          />
        ))}
      </span>
      <span className="num text-right text-ink-3" aria-hidden="true">
        {formatShare(row.share)}
      </span>
    </li>
  );
}

/** What each gene does to the quality, by all that was judged. */
export function EffectsCard({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  const [isOpen, setOpen] = useState(false);
  const { result, genes, quality, effects } = run;
  const rows = effectRows(effects, genes, quality);
  const shown = isOpen ? rows : rows.slice(0, SHOWN);
  return (
    <section className="card min-w-0 px-4 py-3" aria-label="What was learnt">
      <div className="mb-1.5 flex items-baseline gap-2">
        <h2 className="h3 grow">What was learnt</h2>
        {result?.foretold && (
          <span
            className="num text-11 text-ink-3"
            title={`Rank correlation of quality as foretold and as judged, over ${plural(result.foretold.samples, 'network')}`}
          >
            foretold at rank {rankText(result.foretold.rank)}
          </span>
        )}
      </div>
      <p className="mb-2 text-11 text-ink-3">
        {rows.length > 0
          ? `Mean ${QUALITY_WORDS[quality].toLowerCase()} by choice, from the smallest on, and the share of its variance that a gene explains`
          : isSearching(run)
            ? 'Told once a dozen networks are judged.'
            : result
              ? 'Too few networks were judged to tell genes apart.'
              : 'Nothing: the search did not end. Search again; what was judged is not judged again.'}
      </p>
      <ul className="flex flex-col gap-[3px]">
        {shown.map((row) => (
          <Row key={row.id} app={app} row={row} quality={quality} />
        ))}
      </ul>
      {rows.length > SHOWN && (
        <Button size="small" variant="ghost" className="mt-1.5" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Show fewer' : `Show all ${plural(rows.length, 'gene')}`}
        </Button>
      )}
    </section>
  );
}
