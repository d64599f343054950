import { clsx } from 'clsx';
import { memo, useMemo } from 'react';
import type { Genome } from '../../search/genome.ts';
import type { SearchRun } from '../../state/searching-run.ts';
import { barsOf, genomeWords, planStripe, resolutionOf, type StripePlan } from './bars.ts';

const plans = new WeakMap<SearchRun['genes'], StripePlan>();
/** The plan of a space: made once. */
function planOf({ genes, order }: Pick<SearchRun, 'genes' | 'order'>): StripePlan {
  const known = plans.get(genes);
  if (known) return known;
  const plan = planStripe(genes, order);
  plans.set(genes, plan);
  return plan;
}

interface BarsProps {
  readonly space: Pick<SearchRun, 'genes' | 'order'>;
  readonly genome: Genome;
  readonly width: number;
  readonly height: number;
  /** The widest that a bar gets, px. */
  readonly widest?: number;
  /** What is gone is seen too, faintly. */
  readonly ghosts?: boolean;
  /** Id of a gene whose bars stand out. */
  readonly lit: string | null;
}

/** Least height of a bar, px, and the widest that one gets. */
const LOW = 2;
const WIDE = 11;

/** Room that a stripe takes, at most `width` px. */
export const stripeWidth = (space: BarsProps['space'], width: number, widest = WIDE): number =>
  Math.min(width, widest * Math.max(1, planOf(space).slots.length));

/** The bars alone, for pictures that have other parts. */
export const StripeBars = memo(function StripeBars({
  space,
  genome,
  width,
  height,
  widest = WIDE,
  ghosts = false,
  lit,
}: BarsProps) {
  const bars = useMemo(() => barsOf(planOf(space), genome), [space, genome]);
  const pitch = Math.min(widest, width / Math.max(1, bars.length));
  const bar = Math.max(0.75, pitch - (pitch > 5 ? 2 : pitch > 2.5 ? 1 : 0.25));
  return (
    <>
      {bars.map(({ genes, kind, share, gone, smallKernel }, index) => {
        const x = index * pitch;
        const tall = Math.max(LOW, share * height);
        const isLit = lit !== null && genes.includes(lit);
        return (
          // oxlint-disable-next-line react/no-array-index-key
          <g key={index} className={clsx(`stripe-${kind}`, isLit && 'stripe-lit', smallKernel && 'stripe-small')}>
            {gone ? (
              <>
                {ghosts && <rect className="stripe-cut" x={x} y={0} width={bar} height={height} />}
                <rect className="stripe-gone" x={x} y={height / 2 - 0.5} width={pitch} height={1} />
              </>
            ) : (
              <>
                {share < 1 && <rect className="stripe-cut" x={x} y={0} width={bar} height={height} />}
                <rect className="stripe-kept" x={x} y={(height - tall) / 2} width={bar} height={tall} />
                {smallKernel && bar > 2 && (
                  <rect
                    className="stripe-notch"
                    x={x + bar / 2 - 0.75}
                    y={(height - tall) / 2}
                    width={1.5}
                    height={tall}
                  />
                )}
              </>
            )}
          </g>
        );
      })}
    </>
  );
});

interface StripeProps extends Omit<BarsProps, 'lit'> {
  readonly lit?: string | null;
  /** What it is of, before the words: `Network 12`. */
  readonly name?: string;
}

/** A network as a stripe: a bar for each group from the input to the output, its height the width kept. */
export function Stripe({ space, genome, width, height, widest = WIDE, ghosts = false, lit = null, name }: StripeProps) {
  const resolution = resolutionOf(space.genes, genome);
  const words = genomeWords(space.genes, space.order, genome);
  const room = stripeWidth(space, width, widest);
  return (
    <span className="flex min-w-0 flex-none items-center gap-2">
      <svg
        width={room}
        height={height}
        viewBox={`0 0 ${room} ${height}`}
        role="img"
        aria-label={name === undefined ? words : `${name}: ${words}`}
        className="stripe"
      >
        <StripeBars
          space={space}
          genome={genome}
          width={width}
          height={height}
          widest={widest}
          ghosts={ghosts}
          lit={lit}
        />
      </svg>
      {resolution !== null && <span className="num text-10 whitespace-nowrap text-ink-3">{resolution}</span>}
    </span>
  );
}
