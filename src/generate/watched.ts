import type { Decoder, StepResult } from './decoder.ts';

/** A decoder that tells of each of its steps. */
export const watched = (decoder: Decoder, onStep: (step: StepResult) => void): Decoder => ({
  get length() {
    return decoder.length;
  },
  begin: (prompt) => decoder.begin(prompt),
  release: () => decoder.release(),
  async step(ids, wanted, job) {
    const step = await decoder.step(ids, wanted, job);
    onStep(step);
    return step;
  },
});
