import { observedKey, type Observed } from '../../rewrite/facts.ts';

/** What one run of an observing model gives: by output name. */
export type Measured = Readonly<Record<string, ArrayLike<number>>>;

/** What the outputs of observing models are called. */
export const outputName = (observed: Observed, figure: string): string => `observe/${observedKey(observed)}/${figure}`;
export const pairOutput = (index: number, figure: string): string => `observe/pair ${index}/${figure}`;
export const spreadOutput = (index: number, figure: string): string => `observe/spread ${index}/${figure}`;
