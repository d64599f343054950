/** The stage of a search in which operators are timed. */
export const MEASURING = 'Measuring operators';

/** Whether a stage is one of measuring for the latency table: it takes long, and nothing is judged meanwhile. */
export const isMeasuring = (stage: string): boolean => stage.startsWith('Measuring ');
