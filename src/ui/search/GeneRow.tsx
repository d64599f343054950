import { clsx } from 'clsx';
import { Locate } from 'lucide-react';
import { plural } from '../../base/format.ts';
import type { GeneView } from '../../search/types.ts';
import type { App } from '../../state/app.ts';
import { IconButton } from '../kit/controls.tsx';
import { useSearching } from '../kit/use-store.ts';
import { toggledChoice } from './gene-choice.ts';
import './gene.css';

interface Props {
  readonly app: App;
  readonly disabled: boolean;
  readonly gene: GeneView;
  /** It is pointed at, by the pointer or the keyboard; null: no longer. */
  onPoint(id: string | null): void;
}

/** A gene: whether it is searched, what it may become, and why it is left alone. */
export function GeneRow({ app, disabled, gene, onPoint }: Props) {
  const lit = useSearching(app, (state) => state.gene === gene.id);
  const { id, name, labels, allowed, searched, spared, nodes } = gene;
  const { setGene, showGene } = app.actions;
  // The pointer may leave one while another one is in focus.
  const leave = (): void => {
    if (app.searching.getState().gene === id) onPoint(null);
  };
  const choose = (choice: number): void => {
    const choices = toggledChoice(allowed, choice);
    setGene(id, choices.length === labels.length && spared === null ? null : { searched: true, choices });
  };
  return (
    <li
      className={clsx('search-gene', lit && 'search-lit')}
      data-off={searched ? undefined : ''}
      onPointerEnter={() => onPoint(id)}
      onPointerLeave={({ currentTarget }) => {
        if (currentTarget.querySelector(':focus-visible') === null) leave();
      }}
      onFocus={() => onPoint(id)}
      onBlur={leave}
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
