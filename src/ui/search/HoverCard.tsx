import type { App } from '../../state/app.ts';
import { pointOf, type SearchRun } from '../../state/searching-run.ts';
import { useSearching } from '../kit/use-store.ts';
import { changeLines } from './bars.ts';
import { FigureList } from './FigureList.tsx';
import type { PlacedDot } from './ScatterMarks.tsx';
import { Stripe } from './Stripe.tsx';
import { networkName } from './words.ts';

interface Props {
  readonly app: App;
  readonly run: SearchRun;
  readonly placed: readonly PlacedDot[];
  readonly margin: { readonly left: number; readonly top: number };
  readonly width: number;
  /** Of the whole picture, px. */
  readonly height: number;
}

const CARD = { width: 220, height: 214, away: 14 };

/** The network under the pointer: how it is built, and what it comes to. */
export function HoverCard({ app, run, placed, margin, width, height }: Props) {
  const hovered = useSearching(app, (state) => state.hovered);
  const dot = hovered === null ? undefined : placed.find(({ id }) => id === hovered);
  const point = pointOf(run.points, hovered);
  if (!dot || !point) return null;
  const lines = changeLines(run.genes, run.order, point.genome);
  const { x, y } = dot.place;
  const isLeft = x + CARD.away + CARD.width > width;
  const left = margin.left + (isLeft ? x - CARD.away - CARD.width : x + CARD.away);
  const top = Math.max(0, Math.min(margin.top + y - CARD.height / 2, height - CARD.height));
  return (
    <div className="search-hover pop" style={{ left, top, width: CARD.width }} aria-hidden="true">
      <p className="mb-1.5 flex items-baseline justify-between text-12">
        <strong className="font-strong">{networkName(point.id)}</strong>
        {point.cached && <span className="text-10 text-ink-3">judged before</span>}
      </p>
      <Stripe space={run} genome={point.genome} width={140} height={22} widest={18} />
      {lines.length > 0 && (
        <ul className="mt-1.5 text-11 text-ink-2">
          {lines.map((line) => (
            <li key={line} className="ell">
              {line}
            </li>
          ))}
        </ul>
      )}
      <FigureList run={run} point={point} className="mt-2" />
    </div>
  );
}
