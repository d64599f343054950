/** The stage of a search in which operators are timed: the page tells of it at more length. */
export const MEASURING = 'Measuring operators';
