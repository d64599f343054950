const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** `*Norm*` as a test of whole texts in lower case; null: there is no star in it. */
export function globOf(pattern: string): ((text: string) => boolean) | null {
  if (!pattern.includes('*')) return null;
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(ESCAPED, String.raw`\$&`))
    .join('.*');
  const regexp = new RegExp(`^${source}$`);
  return (text) => regexp.test(text);
}
