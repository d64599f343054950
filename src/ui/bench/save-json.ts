/** A value as a file of JSON, to be read by people too. */
export const saveJson = (value: unknown): Blob =>
  new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' });
