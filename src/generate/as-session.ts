import { CodedError } from '../base/error.ts';
import { silentJob } from '../base/job.ts';
import type { CachePolicy, DecoderIo } from '../kv/types.ts';
import type { Feeds, HostTensor, PortInfo, Runtime, RuntimeSession } from '../runtime/types.ts';
import type { Decoder } from './decoder.ts';
import { logitsName } from './logits.ts';
import { openSession } from './open.ts';

/** A decoder as a model that is given a text and says something of each position, whatever it keeps meanwhile. */
export interface TextModel {
  readonly io: DecoderIo;
  readonly policy: CachePolicy;
}

/** Two decoders whose texts are compared: the later one is given its text in parts, and goes on from what it kept. */
export interface TextCheck {
  readonly before: TextModel;
  readonly after: TextModel;
}

/** How many positions each run is given: half of the text, one, the rest. */
export function partsOf(length: number): readonly number[] {
  const first = Math.ceil(length / 2);
  return [first, Math.min(1, length - first), Math.max(0, length - first - 1)].filter((count) => count > 0);
}

/**
 * Sessions of both models that take ids, `[batch, positions]`, and give logits of all positions.
 *
 * @param isBefore tells bytes of the first model from those of the second, which differ by no more than how they were written
 */
export const textRuntime = (
  runtime: Runtime,
  { before, after }: TextCheck,
  isBefore: (model: Uint8Array) => boolean,
): Runtime => ({
  ...runtime,
  capabilities: () => runtime.capabilities(),
  async createSession(model, settings, job = silentJob()) {
    const first = isBefore(model);
    const { io, policy } = first ? before : after;
    const setup = { io, policy, recompute: false };
    const decoder = await openSession(runtime, model, setup, settings, job);
    return new TextSession(decoder, io, first ? (length) => [length] : partsOf);
  },
});

/** Row after row of the batch, each in parts. */
class TextSession implements RuntimeSession {
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];
  private readonly decoder: Decoder;
  private readonly io: DecoderIo;
  private readonly parts: (length: number) => readonly number[];

  constructor(decoder: Decoder, io: DecoderIo, parts: (length: number) => readonly number[]) {
    this.decoder = decoder;
    this.io = io;
    this.parts = parts;
    this.inputs = [{ name: io.ids.name, dtype: io.ids.dtype, shape: ['batch', 'positions'] }];
    this.outputs = [{ name: logitsName(io), dtype: 'float32', shape: ['batch', 'positions', io.vocabulary] }];
  }

  async run(feeds: Feeds): Promise<Record<string, HostTensor>> {
    const ids = feeds[this.io.ids.name];
    const [batch = 0, length = 0] = ids?.shape ?? [];
    const numbers = Array.from(ids?.data as BigInt64Array | Int32Array, Number);
    const said: Float32Array[] = [];
    for (let row = 0; row < batch; row++) {
      await this.decoder.begin();
      let from = row * length;
      for (const part of this.parts(length)) {
        said.push((await this.decoder.step(numbers.slice(from, from + part), 'all', silentJob())).logits);
        from += part;
      }
    }
    const data = new Float32Array(said.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of said) {
      data.set(each, at);
      at += each.length;
    }
    const width = batch * length === 0 ? 0 : data.length / (batch * length);
    return { [logitsName(this.io)]: { dtype: 'float32', shape: [batch, length, width], data } };
  }

  endProfile(): Promise<never> {
    throw new CodedError('unsupported', 'A text that is given in parts has no one profile.');
  }

  release = (): Promise<void> => this.decoder.release();
}
