/** Indices after a press on one of them: at least two stay, for a choice of one is none. */
export function toggledChoice(allowed: readonly number[], choice: number): readonly number[] {
  const next = allowed.includes(choice) ? allowed.filter((each) => each !== choice) : [...allowed, choice];
  return next.length < 2 ? allowed : next.sort((a, b) => a - b);
}
