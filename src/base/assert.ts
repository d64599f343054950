/** Throws when a fact that the code relies on does not hold: a defect of Whittle, never of the user's file. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`);
}

/** The value, which the surrounding code has shown to exist. */
export function defined<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`invariant: ${what} is missing`);
  return value;
}
