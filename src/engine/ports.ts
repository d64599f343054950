import type { Job } from '../base/job.ts';
import type { BenchRequest, BenchResult, OptimizerReport, Profile } from '../bench/types.ts';
import type { KernelSamples } from '../bench/kernel-samples.ts';
import type { Decoder, DecoderSetup } from '../generate/decoder.ts';
import type { MadeUp } from '../runtime/run-many.ts';
import type { Capabilities, Feeds, HostTensor, SessionSettings } from '../runtime/types.ts';
import type { Trainer, TrainerSetup } from '../train/trainer.ts';
import type { TextCheck } from '../generate/as-session.ts';
import type { VerifyRequest, VerifyResult } from '../verify/types.ts';
import type { ValuesReport, ValuesRequest } from '../verify/values-types.ts';

/** A verification; with `text`, both models are asked what they say of a text, whatever they keep meanwhile. */
export interface CheckRequest extends VerifyRequest {
  readonly text?: TextCheck;
}

/** A written model on its way to the runtime; the receiver may take the bytes over. */
export interface Parcel {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A model that stays loaded between runs: data sets go through it batch by batch. */
export interface HeldModel {
  run(inputs: readonly Feeds[], job: Job): Promise<readonly Readonly<Record<string, HostTensor>>[]>;
  release(): Promise<void>;
}

/**
 * The runtime as the engine sees it: whole jobs, since a timing loop must not cross a thread at every run. In the page
 * it is a worker of its own, on the command line this process.
 */
export interface RuntimePort {
  capabilities(): Promise<Capabilities>;
  /** One run of a model on WASM at `disabled`: constant folding. */
  evaluate(model: Parcel, feeds: Feeds, job: Job): Promise<Readonly<Record<string, HostTensor>>>;
  /** Runs of a model on WASM at `disabled`, one for each set of inputs: what it does on calibration data. */
  runs(
    model: Parcel,
    inputs: readonly Feeds[] | MadeUp,
    job: Job,
  ): Promise<readonly Readonly<Record<string, HostTensor>>[]>;
  /** Loads a model until it is given back. */
  hold(model: Parcel, settings: SessionSettings, job: Job): Promise<HeldModel>;
  /** Loads a training step until it is given back. The arrays of the setup may be taken over. */
  train(step: Parcel, setup: TrainerSetup, settings: SessionSettings, job: Job): Promise<Trainer>;
  /** Loads a decoder until it is released; what it keeps between steps stays where it computes. */
  decode(model: Parcel, setup: DecoderSetup, settings: SessionSettings, job: Job): Promise<Decoder>;
  verify(a: Parcel, b: Parcel, request: CheckRequest, job: Job): Promise<VerifyResult>;
  /** Values inside two models that both give as outputs. */
  values(a: Parcel, b: Parcel, request: ValuesRequest, job: Job): Promise<ValuesReport>;
  bench(a: Parcel, b: Parcel | null, request: BenchRequest, job: Job): Promise<BenchResult>;
  profile(model: Parcel, request: BenchRequest, job: Job): Promise<Profile>;
  /** Every sample of every kernel of a model. */
  kernels(model: Parcel, request: BenchRequest, job: Job): Promise<KernelSamples>;
  /** What the runtime does to the model by itself, and what that is worth. */
  optimizers(model: Parcel, request: BenchRequest, job: Job): Promise<OptimizerReport>;
}
