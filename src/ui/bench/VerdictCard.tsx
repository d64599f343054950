import type { ReactNode } from 'react';
import { formatMs, formatRatio } from '../../base/format.ts';
import type { BenchEntry } from '../../state/document.ts';
import { createAxis, formatTick } from '../../report/scale.ts';
import { Badge, type Tone } from '../kit/controls.tsx';
import { Conditions } from './Conditions.tsx';
import { optionsText } from './setup.ts';
import { BENCH_VERDICTS } from './verdicts.ts';

const WIDTH = 300;

/** Labels at the ends of an axis stay inside it. */
const anchorAt = (index: number, last: number) => (index === 0 ? 'start' : index === last ? 'end' : 'middle');

/** The ratio as a dot on its 95 % interval; 1× is drawn and ±3 % around it is shaded. */
function IntervalAxis({ ratio, interval, tone }: { ratio: number; interval: readonly [number, number]; tone: Tone }) {
  const [low, high] = interval;
  const axis = createAxis(Math.min(0.97, low), Math.max(1.03, high), 5);
  const at = (value: number): number => axis.place(value) * WIDTH;
  return (
    <svg viewBox={`-5 0 ${WIDTH + 10} 62`} className={`axis w-full tone-${tone}`} aria-hidden="true">
      {axis.ticks.map((tick, index) => (
        <g key={tick}>
          <line x1={at(tick)} x2={at(tick)} y1={6} y2={40} />
          <text x={at(tick)} y={57} textAnchor={anchorAt(index, axis.ticks.length - 1)}>
            {formatTick(tick, axis.step)}×
          </text>
        </g>
      ))}
      <rect x={at(0.97)} width={at(1.03) - at(0.97)} y={14} height={20} className="ratio-band" />
      <path d={`M${at(1)} 4V42`} className="ratio-one" />
      <path d={`M${at(low)} 24H${at(high)}`} className="ratio-interval" />
      <circle cx={at(ratio)} cy={24} r={5.5} className="ratio-dot" />
    </svg>
  );
}

/** One number a screen: the measured ratio, its interval and its verdict; or the median of a model alone. */
export function VerdictCard({ entry, children }: { readonly entry: BenchEntry; readonly children?: ReactNode }) {
  const { result, loads } = entry;
  const options = [loads?.a, loads?.b].map((each) => optionsText(each ?? {}));
  const { ratio, interval, verdict } = result;
  const look = verdict && BENCH_VERDICTS[verdict];
  return (
    <section className="card flex flex-col px-5 pt-[18px] pb-4" aria-label="Verdict">
      <div className="flex items-center justify-between">
        {look ? (
          <Badge tone={look.tone} icon={look.icon}>
            {look.word}
          </Badge>
        ) : (
          <Badge>One model</Badge>
        )}
        {look && <span className="text-11 text-ink-3">95 % confidence</span>}
      </div>
      <p className="bench-headline num">{ratio === null ? formatMs(result.a.median) : formatRatio(ratio)}</p>
      <p className="num mt-0.5 mb-3 text-13 text-ink-2">
        {interval
          ? `between ${formatRatio(interval[0])} and ${formatRatio(interval[1])}, on ${result.device ?? 'this device'}`
          : `median, on ${result.device ?? 'this device'}`}
      </p>
      {ratio !== null && interval && look && <IntervalAxis ratio={ratio} interval={interval} tone={look.tone} />}
      <p className="mt-2 text-ink-2">{result.message}</p>
      {options.some((text) => text !== '') && (
        <p className="mt-1.5 text-11 text-ink-3 [overflow-wrap:anywhere]">
          Session options: first {options[0] || 'as usual'}; second {options[1] || 'as usual'}.
        </p>
      )}
      {ratio !== null && (
        <p className="mt-1.5 text-11 text-ink-3">
          Compared with what the runtime already does on load (
          <span className="mono">graphOptimizationLevel: {result.level}</span>). Changes inside ±3 % count as no change.
        </p>
      )}
      <Conditions result={result} />
      {children}
    </section>
  );
}
