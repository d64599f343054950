import { ROOT, type Blocks, type Known } from './blocks.ts';
import type { PagedSequence } from './sequence.ts';

/** Full blocks that beginnings of token sequences lead to, block by block. */
export class Prefixes {
  private readonly blocks: Blocks;
  private readonly block: number;

  constructor(blocks: Blocks, block: number) {
    this.blocks = blocks;
    this.block = block;
  }

  /** The blocks that are there of the first `positions` of these tokens. */
  find(tokens: readonly number[], positions: number): Known[] {
    const found: Known[] = [];
    for (let at = 0; (at + 1) * this.block <= Math.min(positions, tokens.length); at++) {
      const next = this.blocks.find(found[at - 1]?.chain ?? ROOT, this.tokensAt(tokens, at));
      if (!next) break;
      found.push(next);
    }
    return found;
  }

  /** Makes them the first blocks of a sequence that has none. */
  adopt(sequence: PagedSequence, found: readonly Known[]): void {
    for (const { block } of found) this.blocks.retain(block, sequence.id);
    sequence.blocks = found.map(({ block }) => block);
    sequence.chains = found.map(({ chain }) => chain);
  }

  /** Lets full blocks be found by their tokens; one that another sequence has filled alike takes the place of ours. */
  learn({ id, tokens, chains, blocks, appended }: PagedSequence): void {
    for (let at = chains.length; (at + 1) * this.block <= Math.min(appended, tokens.length); at++) {
      const own = blocks[at]!;
      const before = chains[at - 1] ?? ROOT;
      const found = this.blocks.find(before, this.tokensAt(tokens, at));
      chains.push(found?.chain ?? this.blocks.learn(own, before, this.tokensAt(tokens, at)));
      if (!found) continue;
      this.blocks.retain(found.block, id, 'merge');
      this.blocks.release([own], id);
      blocks[at] = found.block;
    }
  }

  private tokensAt(tokens: readonly number[], at: number): readonly number[] {
    return tokens.slice(at * this.block, (at + 1) * this.block);
  }
}
