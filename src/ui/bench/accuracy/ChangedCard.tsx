import { formatInteger, formatShare, plural } from '../../../base/format.ts';
import type { AccuracyResult, ChangedSample, PairAccuracy } from '../../../engine/accuracy/types.ts';
import type { App } from '../../../state/app.ts';
import { useListed } from '../../kit/Listed.tsx';
import { SamplePicture } from './SamplePicture.tsx';
import { className } from './words.ts';

function kindOf({ label, before, after }: ChangedSample): { readonly word: string; readonly tone: string } {
  if (label !== null && after === label) return { word: 'fixed', tone: 'text-added' };
  if (label !== null && before === label) return { word: 'broken', tone: 'text-removed' };
  return { word: 'other', tone: 'text-ink-3' };
}

interface Props {
  readonly app: App;
  readonly result: AccuracyResult;
  readonly pair: PairAccuracy;
}

/** The samples whose top class is another one after: what broke first. */
export function ChangedCard({ app, result, pair }: Props) {
  const { labelNames } = result;
  const { shown, more } = useListed(pair.changed);
  return (
    <section className="card min-w-0 px-[18px] py-3.5" aria-label="Samples that changed">
      <h2 className="h3 mb-2">
        Samples that changed{' '}
        <span className="num text-11 font-regular text-ink-3">
          {plural(pair.changedCount, 'sample')}
          {pair.broken !== null && ` · ${formatInteger(pair.broken)} broken, ${formatInteger(pair.fixed)} fixed`}
        </span>
      </h2>
      {pair.changedCount === 0 && <p className="text-ink-2">Every sample has the same top class in both.</p>}
      <ul className="changed-samples">
        {shown.map((sample) => {
          const { word, tone } = kindOf(sample);
          const name = sample.file ?? `sample ${sample.index}`;
          return (
            <li key={sample.index} className="changed-sample">
              <SamplePicture app={app} index={sample.index} fed={false} label={name} side={64} />
              <div className="min-w-0 text-11">
                <p className="ell" title={name}>
                  <span className={tone}>{word}</span> <span className="text-ink-3">{name}</span>
                </p>
                {sample.label !== null && <p className="ell text-ink-2">label {className(labelNames, sample.label)}</p>}
                <p className="ell num">
                  <span className="text-ink-3">
                    {className(labelNames, sample.before)} {formatShare(sample.confidence[0])}
                  </span>{' '}
                  → {className(labelNames, sample.after)} {formatShare(sample.confidence[1])}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
      {more}
    </section>
  );
}
