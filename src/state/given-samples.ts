import { toErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { Json } from '../base/json.ts';
import type { AccuracyDataView } from '../engine/accuracy/data.ts';
import type { Drawn } from '../engine/train/drawn.ts';
import type { GivenFile, GivenTrainData } from '../protocol/api.ts';
import type { Core } from './core.ts';
import { NO_SAMPLES, type TrainSamples } from './training-store.ts';

/** What a person does with samples, whatever they are for. */
export interface SampleActions {
  /** Samples in place of others. */
  give(files: readonly GivenFile[]): Promise<void>;
  /** Samples that are made here, where none are at hand. */
  make(drawn: Drawn): Promise<void>;
  /** The same samples with other labels, another tokenizer or preprocessing. */
  change(patch: Partial<Omit<GivenTrainData, 'files'>>): Promise<void>;
  /** Fields of the preprocessing in place of what was proposed; null: all as proposed. */
  setPreprocess(changes: Readonly<Record<string, Json>> | null): Promise<void>;
  forget(): Promise<void>;
}

/** Where samples of one use are kept, who reads them, and who is told. */
interface Place {
  read(): TrainSamples;
  write(patch: Partial<TrainSamples>): void;
  /** Null: they are given back. */
  ask(data: GivenTrainData | null): Promise<AccuracyDataView | null>;
  /** Others are in use, or none. */
  changed(view: AccuracyDataView | null): unknown;
}

export interface Samples {
  readonly actions: SampleActions;
  /** What is being read no longer counts. */
  drop(): void;
}

/** Samples of one use. What was in use stays so where new samples do not fit. */
export function samplesAt(core: Core, place: Place): Samples {
  let reading = 0;

  const use = async (given: GivenTrainData): Promise<void> => {
    const mine = ++reading;
    place.write({ given, asking: true, error: null });
    try {
      const view = await place.ask(given);
      if (mine !== reading) return;
      place.write({ used: given, view, asking: false });
      if (view) core.notices.announce(`${view.name}: ${plural(view.count, 'sample')}.`);
      place.changed(view);
    } catch (caught) {
      if (mine !== reading) return;
      const error = toErrorRecord(caught);
      place.write({ asking: false, error });
      core.notices.announce(`The samples cannot be used. ${error.message}`);
    }
  };
  const again = async (patch: Partial<GivenTrainData>): Promise<void> => {
    const { used, given } = place.read();
    // What could not be used is not built upon.
    const base = used ?? given;
    if (base) await use({ ...base, ...patch });
  };
  const plain = { labels: null, tokenizer: null, changes: {} };

  return {
    drop: () => void reading++,
    actions: {
      async give(files) {
        if (files.length > 0) await use({ drawn: null, files, ...plain });
      },
      make: (drawn) => use({ drawn, files: [], ...plain }),
      change: again,
      setPreprocess: (changes) =>
        again({ changes: changes === null ? {} : { ...place.read().used?.changes, ...changes } }),
      async forget() {
        reading++;
        place.write(NO_SAMPLES);
        await place.ask(null);
        await place.changed(null);
      },
    },
  };
}
