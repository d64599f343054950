import type { Job } from '../base/job.ts';
import type { Decoder } from '../generate/decoder.ts';
import type { RuntimeApi } from '../protocol/api.ts';

type Call = <M extends 'decodeBegin' | 'decodeStep' | 'releaseDecoder'>(
  method: M,
  params: RuntimeApi[M]['params'],
  job: Job | null,
) => Promise<RuntimeApi[M]['result']>;

/**
 * A decoder that a runtime worker holds: what it keeps stays there, ids go in and logits come back.
 *
 * @param held what it is called by
 */
export function heldDecoder(held: number, { call, onRelease }: { call: Call; onRelease: () => void }): Decoder {
  let length = 0;
  return {
    get length() {
      return length;
    },
    async begin(prompt = []) {
      length = await call('decodeBegin', { held, prompt }, null);
      return length;
    },
    async step(ids, wanted, job) {
      const result = await call('decodeStep', { held, ids, wanted }, job);
      length = result.length;
      return result;
    },
    async release() {
      onRelease();
      await call('releaseDecoder', { held }, null);
    },
  };
}
