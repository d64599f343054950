/** How surely tokens were foretold, in buckets by their position. */
export interface Bucket {
  /** Position of the first token that is foretold, from 1: the one behind the first of all. */
  readonly from: number;
  readonly tokens: number;
  /** exp of the mean −ln p. */
  readonly perplexity: number;
}

/** Sums −ln p of the tokens of a text, one position after the other. */
export class Likelihood {
  private readonly size: number;
  private readonly sums: number[] = [];
  private readonly counts: number[] = [];

  /** @param size positions of a bucket */
  constructor(size: number) {
    this.size = size;
  }

  /** @param row logits before the token at `position`, counted from 1 */
  add(row: Float32Array, token: number, position: number): void {
    const at = Math.floor((position - 1) / this.size);
    this.sums[at] = (this.sums[at] ?? 0) + surprise(row, token);
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  get buckets(): Bucket[] {
    return this.counts.map((tokens, at) => ({
      from: at * this.size + 1,
      tokens,
      perplexity: Math.exp(this.sums[at]! / tokens),
    }));
  }

  get tokens(): number {
    return this.counts.reduce((sum, each) => sum + each, 0);
  }

  /** Of all tokens. */
  get perplexity(): number {
    return Math.exp(this.sums.reduce((sum, each) => sum + each, 0) / this.tokens);
  }
}

/** −ln softmax(row)[token] = ln Σ exp(row − max) + max − row[token] */
export function surprise(row: Float32Array, token: number): number {
  let most = -Infinity;
  for (let i = 0; i < row.length; i++) if (row[i]! > most) most = row[i]!;
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - most);
  return Math.log(sum) + most - row[token]!;
}
