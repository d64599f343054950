import { useId } from 'react';
import { formatInteger } from '../../base/format.ts';
import type { GeneKind } from '../../search/genome.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { useDocument, useSearching } from '../kit/use-store.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { Decimal } from '../train/fields.tsx';
import { KIND_WORDS, KINDS, sharesText, sizeText } from '../../search/figures.ts';
import { GeneList } from './GeneList.tsx';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
}

/** What genes of a kind may become, in a few words. */
function kindText(kind: GeneKind, genes: readonly GeneView[], shares: readonly number[], roundTo: number): string {
  if (genes.length === 0) return 'the model has none';
  if (kind === 'width') return sharesText(shares, roundTo);
  if (kind === 'depth') {
    const blocks = genes.reduce((sum, { choices }) => sum + (choices.at(-1) ?? 0), 0);
    return `${formatInteger(blocks)} residual blocks may go`;
  }
  const labels = [...new Set(genes.flatMap((gene) => gene.labels))];
  return labels.length > 3 ? `${labels[0]} … ${labels.at(-1)}` : labels.join(', ');
}

function Kind({ app, kind, disabled }: Props & { readonly kind: GeneKind }) {
  const id = useId();
  const space = useSearching(app, (state) => state.space?.result.view);
  const { kinds, shares, roundTo } = useSearching(app, (state) => state.request.space);
  const genes = space?.genes.filter((gene) => gene.kind === kind) ?? [];
  const searched = genes.filter((gene) => gene.searched).length;
  const on = kinds.includes(kind);
  return (
    <div className="search-kind" data-off={genes.length === 0 || !on ? '' : undefined}>
      <input
        id={id}
        type="checkbox"
        className="mt-0.5 size-3.5 accent-(--accent-solid)"
        checked={on && genes.length > 0}
        disabled={disabled || (genes.length === 0 && on)}
        onChange={({ target }) =>
          app.actions.changeSpace({
            kinds: target.checked ? [...kinds, kind] : kinds.filter((each) => each !== kind),
          })
        }
      />
      <label htmlFor={id} className="min-w-0 grow">
        <span className="block text-12">{KIND_WORDS[kind]}</span>
        {space && <span className="num block text-11 text-ink-3">{kindText(kind, genes, shares, roundTo)}</span>}
      </label>
      <span
        className="num text-12 whitespace-nowrap text-ink-2"
        title={`${searched} of ${genes.length} genes are searched`}
      >
        {genes.length === 0 ? '–' : searched === genes.length ? searched : `${searched} of ${genes.length}`}
      </span>
    </div>
  );
}

function Stop({ app, disabled }: Props) {
  const id = useId();
  const stops = useDocument(app, (state) => state.document?.stops) ?? [];
  const stop = useSearching(app, (state) => state.stop);
  if (stops.length < 2) return null;
  return (
    <div className="train-row">
      <label htmlFor={id} className="text-ink-2">
        Searched from
      </label>
      <select
        id={id}
        className="select h-7 w-full min-w-0"
        value={stop}
        disabled={disabled}
        onChange={({ target }) => app.actions.chooseSearchStop(Number(target.value))}
      >
        {stops.map(({ index, title }) => (
          <option key={index} value={index}>
            {index === 0 ? 'Original' : `${index} ${title}`}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Shares as a person writes them: `0.25, 0.5, 1`. The whole is always among them. */
function Shares({ app, disabled }: Props) {
  const id = useId();
  const shares = useSearching(app, (state) => state.request.space.shares);
  const text = shares.join(', ');
  const commit = (given: string): void => {
    const read = given
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    const next = [...new Set([...read, 1])].sort((a, b) => a - b);
    if (read.length > 0 && read.every((share) => share > 0 && share <= 1) && next.join(', ') !== text)
      app.actions.changeSpace({ shares: next });
  };
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-ink-2">
        Shares of a width
      </label>
      <span className="field">
        <input
          key={text}
          id={id}
          className="num"
          spellCheck={false}
          disabled={disabled}
          defaultValue={text}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit(event.currentTarget.value);
          }}
          onBlur={(event) => commit(event.target.value)}
        />
      </span>
    </div>
  );
}

/** What may change, and how many networks that makes. */
export function SpaceSection({ app, disabled }: Props) {
  const space = useSearching(app, (state) => state.space?.result.view);
  const asking = useSearching(app, (state) => state.asking);
  const error = useSearching(app, (state) => state.spaceError);
  const roundTo = useSearching(app, (state) => state.request.space.roundTo);
  return (
    <section className="train-section" aria-labelledby="search-space">
      <h2 id="search-space" className="h4">
        Space
        {space && (
          <span className="num font-regular text-ink-3">
            {sizeText(space.size)} {space.size < 0.1 ? 'network' : 'networks'}
          </span>
        )}
      </h2>
      <Stop app={app} disabled={disabled} />
      {error && (
        <Problem compact error={error} what="What may be searched">
          <Button size="small" disabled={disabled} onClick={() => app.actions.changeSpace({})}>
            Try again
          </Button>
        </Problem>
      )}
      {KINDS.map((kind) => (
        <Kind key={kind} app={app} kind={kind} disabled={disabled} />
      ))}
      {asking && <p className="text-11 text-ink-2">Looking at what may change …</p>}
      {space && space.genes.length > 0 && <GeneList app={app} disabled={disabled} genes={space.genes} />}
      <details className="train-more">
        <summary>Widths</summary>
        <div className="mt-1 flex flex-col gap-1.5 text-12">
          <Shares app={app} disabled={disabled} />
          <Decimal
            label="Multiples of"
            title="Widths are multiples of this where a group is so wide"
            value={roundTo}
            min={1}
            max={256}
            whole
            disabled={disabled}
            onChange={(value) => app.actions.changeSpace({ roundTo: value })}
          />
        </div>
      </details>
      {space?.notes.map((note) => (
        <p key={note} className="text-11 text-ink-3">
          {note}
        </p>
      ))}
    </section>
  );
}
