import { CodedError } from '../../base/error.ts';
import type { Stop } from '../../engine/document.ts';
import type { Parcel, RuntimePort } from '../../engine/ports.ts';
import type { CheckpointStore } from '../../engine/train/checkpoint.ts';
import { TrainControl } from '../../engine/train/control.ts';
import type { PreparedData } from '../../engine/train/desk.ts';
import { openTrainData, type TrainFiles } from '../../engine/train/files.ts';
import { supernetFile, supernetKey } from './file.ts';
import type { SupernetJob } from './train.ts';
import type { SupernetAsk, SupernetResult } from './types.ts';

/** What the desk needs of what it stands in. */
interface Surroundings {
  readonly port: RuntimePort;
  /** A stop of the recipe of the open model. */
  stopOf(index: number): Stop;
}

/** Trains stops of the open model as supernets: the samples, the training at work, and what the last one came to. */
export class SupernetDesk {
  private readonly around: Surroundings;
  private files: TrainFiles | null = null;
  private training: Promise<PreparedData> | null = null;
  private control: TrainControl | null = null;
  private bytes: Uint8Array<ArrayBuffer> | null = null;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** The samples of the search. They are opened once a training asks for them; null: they are given back. */
  give(files: TrainFiles | null): void {
    this.files = files;
    this.training = null;
  }

  forget(): void {
    this.give(null);
    this.bytes = null;
  }

  /** Tells a training from others, for its checkpoints. */
  async keyOf({ stop, request }: SupernetAsk): Promise<string> {
    return supernetKey(this.around.stopOf(stop), { data: await this.data(), request });
  }

  /**
   * Runs a training; another one may begin only when it is over. Of samples that are drawn other ones judge the result; of
   * files a part is held out, as the training itself does. Throws as `trainSupernet` does.
   *
   * @param storeOf where checkpoints of the training with a key are kept; left out: nowhere
   */
  async run(
    ask: SupernetAsk,
    job: SupernetJob,
    storeOf?: (key: string) => Promise<CheckpointStore>,
  ): Promise<SupernetResult> {
    if (this.control) throw new CodedError('bad-request', 'A supernet is being trained already. Stop it first.');
    // Before anything is waited for: it may be paused or stopped from now on.
    const control = new TrainControl();
    this.control = control;
    const { stop, request } = ask;
    try {
      const data = await this.data();
      const store = storeOf ? await storeOf(await this.keyOf(ask)) : null;
      const judges = this.files?.drawn ? await this.opened(this.files, 'judge') : null;
      const trained = this.around.stopOf(stop);
      const made = await supernetFile(trained, { data, judges, request }, this.around.port, job, { control, store });
      this.bytes = made.bytes;
      return made.result;
    } finally {
      this.control = null;
    }
  }

  /** Of the training at work, if one is. */
  pause = (): void => this.control?.pause();
  resume = (): void => this.control?.resume();
  /** Ends it with what it has learnt. */
  stop = (): void => this.control?.stop();

  /** What the last training came to, as a file. A copy: the caller may give its memory away. */
  trained(name: string): Parcel {
    if (!this.bytes) throw new CodedError('bad-request', 'No supernet was trained yet.');
    return { name, bytes: this.bytes.slice() };
  }

  /** Those that train; they stay open until there are others. */
  private data(): Promise<PreparedData> {
    const { files } = this;
    if (!files) throw new CodedError('bad-request', 'There is nothing to train on: give samples first.');
    this.training ??= this.opened(files, 'train');
    return this.training;
  }

  private async opened(files: TrainFiles, as: 'train' | 'judge'): Promise<PreparedData> {
    return (await openTrainData(files, as, this.around.stopOf(0).summary.inputs)).data;
  }
}
