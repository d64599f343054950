import { plural } from '../base/format.ts';
import type { ExternalFiles } from './external.ts';
import type { TypeDraft } from './type-proto.ts';

/** What reading a model needs from outside, and what it gathers beside the model. */
export interface ReadContext {
  readonly external: ExternalFiles | null;
  /** Locations of external files, and those of them that are not there. */
  readonly locations: Set<string>;
  readonly missing: Set<string>;
  readonly warnings: Warnings;
  /** Types read so far, with their length and bytes, by the hash of these. */
  readonly types: Map<number, { readonly field: Uint8Array; readonly draft: TypeDraft }>;
}

export const readContext = (external: ExternalFiles | null): ReadContext => ({
  external,
  locations: new Set(),
  missing: new Set(),
  warnings: new Warnings(),
  types: new Map(),
});

/** Things that a person should know about a file that opens all the same. Repeated ones are counted, not listed. */
export class Warnings {
  /** Paths of strings that are not valid UTF-8. */
  readonly badText: string[] = [];
  /** Paths of negative dimensions in declared types. */
  readonly negativeDims: string[] = [];
  /** Names in `value_info` that no value bears. */
  readonly strayTypes: string[] = [];
  /** Whole sentences. */
  readonly others: string[] = [];

  list(): string[] {
    const found: string[] = [...this.others];
    const tell = (items: readonly string[], sentence: (count: string, first: string) => string): void => {
      if (items.length > 0) found.push(sentence(plural(items.length, 'place'), items[0] ?? ''));
    };
    tell(this.badText, (n, first) => `Text that is not valid UTF-8 was replaced at ${n}, the first: ${first}.`);
    tell(this.negativeDims, (n, first) => `Negative dimensions are read as unknown at ${n}, the first: ${first}.`);
    tell(
      this.strayTypes,
      (n, first) => `Types are declared for values that do not exist at ${n}, the first: ${first}.`,
    );
    return found;
  }
}
