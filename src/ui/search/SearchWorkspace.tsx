import { clsx } from 'clsx';
import { Info } from 'lucide-react';
import type { CSSProperties } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import { isMeasuring } from '../../search/measuring.ts';
import type { App } from '../../state/app.ts';
import { isSearching, type SearchRun } from '../../state/searching-run.ts';
import { isSupernetAtWork } from '../../state/supernet-run.ts';
import { searchLacks } from '../../state/searching-setup.ts';
import { Icon } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDrop } from '../kit/use-drop.ts';
import { useSearching, useSupernet } from '../kit/use-store.ts';
import { useWidth } from '../kit/use-width.ts';
import { RIGHT, usePanels } from '../shell/use-panels.ts';
import { GivenSamples, type SampleWords } from '../train/SamplesSection.tsx';
import '../train/train.css';
import { AimSection } from './AimSection.tsx';
import { EffectsCard } from './EffectsCard.tsx';
import { sizeText } from '../../search/figures.ts';
import { FrontPanel } from './FrontPanel.tsx';
import { Header } from './Header.tsx';
import { HowSection } from './HowSection.tsx';
import { LatencySection } from './LatencySection.tsx';
import { ScatterCard } from './ScatterCard.tsx';
import { usePresent } from './use-present.ts';
import './search.css';
import { SelectedCard } from './SelectedCard.tsx';
import { Stripe } from './Stripe.tsx';
import { SupernetCard } from './SupernetCard.tsx';
import { SupernetSection } from './SupernetSection.tsx';
import { SpaceSection } from './SpaceSection.tsx';
import { VolumeCard } from './VolumeCard.tsx';

/** The left column has fields in it, px: it never closes to a rail. */
const LEAST_LEFT = 236;

const WORDS: SampleWords = {
  title: 'Samples',
  none: 'Drop samples here: images in folders, idx, npy, npz, CSV, a text, or ONNX test data. Every network is judged by them; they stay on this machine.',
  own: 'Search',
  unlabelled: 'no labels: judged by what the original says',
};

/** Where nothing can begin yet: what it is for, and what is lacking. */
function Lacking({ app }: { readonly app: App }) {
  const lacks = useSearching(app, searchLacks);
  const hasRun = useSearching(app, (state) => state.run !== null);
  const { over, handlers } = useDrop((files) => void app.actions.searchSamples.give(files));
  if (lacks === null) return null;
  return (
    <section
      className={clsx('card px-5 py-4', over && 'drop-lit')}
      aria-label="What is lacking"
      data-drop="search-centre"
      {...handlers}
    >
      {!hasRun && (
        <p className="mb-2 max-w-[72ch] text-ink-2">
          Smaller networks that share this model’s weights are cut out of it, judged on samples and held against each
          other: widths, heads, blocks and kernels, all at once. What comes of it is a front, on which nothing gets
          faster without losing something. A point of it becomes steps of the recipe.
        </p>
      )}
      <p className="flex items-start gap-2">
        <Icon of={Info} size={14} className="mt-0.5 text-ink-3" />
        {lacks}
      </p>
    </section>
  );
}

/** The smallest network over the whole model: what a gene changes stands out when it is pointed at. */
function Whole({ app }: { readonly app: App }) {
  const space = useSearching(app, (state) => state.space?.result);
  const gene = useSearching(app, (state) => state.gene);
  const [box, width] = useWidth();
  if (!space || space.view.genes.length === 0) return null;
  const { view, order } = space;
  const named = view.genes.find(({ id }) => id === gene);
  return (
    <section className="card px-5 py-4" aria-label="The smallest network">
      <div className="mb-2.5 flex items-baseline gap-3">
        <h2 className="h3 grow">The smallest network, over the model as it is</h2>
        <span className="text-11 text-ink-3">input → output</span>
      </div>
      <div ref={box}>
        <Stripe
          space={{ genes: view.genes, order }}
          genome={view.genes.map(({ allowed }) => allowed[0] ?? 0)}
          width={width}
          height={44}
          widest={30}
          ghosts
          lit={gene}
          name="The smallest network"
        />
      </div>
      <p className="mt-2.5 min-h-[18px] text-11 text-ink-3">
        {named
          ? `${named.name}: ${named.labels.join(', ')}`
          : 'A bar for each group of channels or heads that is cut together, a line where a block is gone. Every network of the search lies between this one and the whole.'}
      </p>
    </section>
  );
}

/** What a search would do, once it can begin. */
function Ready({ app }: { readonly app: App }) {
  const lacks = useSearching(app, searchLacks);
  const space = useSearching(app, (state) => state.space?.result.view);
  const { evaluations, samples } = useSearching(app, (state) => state.request);
  const count = useSearching(app, (state) => state.data.view?.count ?? 0);
  const clock = useSearching(app, (state) => state.clock);
  const timing = usePresent(app).find(({ id }) => id === clock);
  if (lacks !== null || !space) return null;
  const searched = space.genes.filter((gene) => gene.searched).length;
  // As many as there are, of a small space.
  const judged = formatInteger(Math.min(evaluations, Math.round(10 ** Math.min(space.size, 9))));
  return (
    <section className="card px-5 py-4" aria-label="What a search would do">
      <p className="num max-w-[72ch] text-ink-2">
        {plural(searched, 'gene')} make {sizeText(space.size)} networks. {judged} of them are judged on{' '}
        {plural(Math.min(samples, count), 'sample')} each, the best are timed whole on {timing?.name ?? 'this device'}.
        It can be paused, and stopped at any time with the front that there is.
      </p>
    </section>
  );
}

function Run({ app, run }: { readonly app: App; readonly run: SearchRun }) {
  return (
    <>
      {run.error && <Problem error={run.error} what="The search" />}
      {run.points.length > 0 && (
        <>
          <ScatterCard app={app} run={run} />
          <div className="search-below">
            <VolumeCard run={run} />
            <EffectsCard app={app} run={run} />
          </div>
        </>
      )}
      {run.points.length === 0 && isSearching(run) && (
        <section className="card px-5 py-4 text-ink-2" aria-label="Front">
          {run.stage} … Points come as networks are judged.
          {isMeasuring(run.stage) &&
            ' First the operators that they are made of are timed on the device, each once: the next search knows them.'}
        </section>
      )}
      {run.result?.notes.map((note) => (
        <p key={note} className="text-11 text-ink-2">
          {note}
        </p>
      ))}
    </>
  );
}

/** What comes of it, where there is anything. */
function Right({ app }: { readonly app: App }) {
  const run = useSearching(app, (state) => state.run);
  if (!run) return null;
  return (
    <section className="train-right search-right" aria-label="What was found">
      <FrontPanel app={app} run={run} />
      <SelectedCard app={app} run={run} />
    </section>
  );
}

/** Architecture search: what is asked at the left, all that was judged in the middle, the front at the right. */
export function SearchWorkspace({ app }: { readonly app: App }) {
  const panels = usePanels(app);
  const run = useSearching(app, (state) => state.run);
  const samples = useSearching(app, (state) => state.data);
  const training = useSupernet(app, (state) => isSupernetAtWork(state.run));
  const atWork = isSearching(run);
  const widths = {
    '--train-left': `${Math.max(LEAST_LEFT, panels.left)}px`,
    '--train-right': `${panels.right || RIGHT.min}px`,
  } as CSSProperties;
  return (
    <div className="train-page" style={widths}>
      <section className="train-left" aria-label="What to search, and how">
        <SpaceSection app={app} disabled={atWork} />
        <GivenSamples app={app} samples={samples} actions={app.actions.searchSamples} words={WORDS} disabled={atWork} />
        <AimSection app={app} disabled={atWork} />
        <HowSection app={app} disabled={atWork} />
        <SupernetSection app={app} disabled={atWork || training} />
        <LatencySection app={app} disabled={atWork} />
      </section>
      <div className="train-centre">
        <Header app={app} />
        <SupernetCard app={app} />
        {!atWork && <Lacking app={app} />}
        {!run && <Ready app={app} />}
        {(run?.points.length ?? 0) === 0 && <Whole app={app} />}
        {run && <Run app={app} run={run} />}
      </div>
      <Right app={app} />
    </div>
  );
}
