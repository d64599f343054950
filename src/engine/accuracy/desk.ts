import { CodedError } from '../../base/error.ts';
import type { InputPort } from '../../data/types.ts';
import { accuracyDataView, fedPicture, openAccuracyData, samplePicture } from './data.ts';
import type { AccuracyDataView, AccuracyFiles, SamplePicture } from './data.ts';
import type { AccuracyData } from './measure.ts';

/** The labelled data that an open model is measured on; other data take their place only once they can be read. */
export class AccuracyDesk {
  private given: { readonly data: AccuracyData; readonly inputs: readonly InputPort[] } | null = null;

  async give(files: AccuracyFiles, inputs: readonly InputPort[]): Promise<AccuracyDataView> {
    const data = await openAccuracyData(files, inputs);
    const view = await accuracyDataView(data, inputs);
    this.given = { data, inputs };
    return view;
  }

  forget(): void {
    this.given = null;
  }

  get data(): AccuracyData {
    return this.known.data;
  }

  /** A sample as it lies in the files, or as the model gets it; null: it is no image. */
  picture(index: number, fed: boolean): Promise<SamplePicture | null> {
    const { data, inputs } = this.known;
    return fed ? fedPicture(data, inputs, index) : samplePicture(data, index);
  }

  private get known() {
    if (!this.given) throw new CodedError('bad-request', 'No labelled data were given.');
    return this.given;
  }
}
