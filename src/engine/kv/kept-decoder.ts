import type { Decoder } from '../../generate/decoder.ts';

/** The decoder goes when the work is over, well or not. */
export async function using<T>(decoder: Decoder, work: (decoder: Decoder) => Promise<T>): Promise<T> {
  try {
    return await work(decoder);
  } finally {
    await decoder.release();
  }
}

interface Kept {
  readonly key: string;
  readonly of: object;
  readonly decoder: Decoder;
}

/** One decoder that stays open between texts, with what it keeps of them. */
export class KeptDecoder {
  private kept: Kept | null = null;
  /** Counts drops: what works meanwhile is of a model that is gone. */
  private drops = 0;

  /** Releases it; where it was lost with its worker, there is nothing to release. */
  drop(): void {
    this.drops += 1;
    const { kept } = this;
    this.kept = null;
    kept?.decoder.release().catch(() => {});
  }

  /**
   * The decoder that is kept, or a new one, works, and is kept from then on.
   *
   * @param key what a decoder of the same model has to have in common with the one that is kept
   * @param of the model, as an object that is there as long as it is
   */
  async use<T>(
    key: string,
    of: object,
    open: () => Promise<Decoder>,
    work: (decoder: Decoder) => Promise<T>,
  ): Promise<T> {
    const { drops } = this;
    const decoder = (await this.take(key, of)) ?? (await open());
    let works = false;
    try {
      const result = await work(decoder);
      works = true;
      return result;
    } catch (error) {
      works = error instanceof Error && 'code' in error && error.code === 'cancelled';
      throw error;
    } finally {
      if (works && drops === this.drops) this.keep({ key, of, decoder });
      else await decoder.release().catch(() => {});
    }
  }

  /** The one that fits, which nobody else has then; null: none, or it went with its worker. */
  private async take(key: string, of: object): Promise<Decoder | null> {
    const { kept } = this;
    if (!kept) return null;
    this.kept = null;
    if (kept.key !== key || kept.of !== of) {
      kept.decoder.release().catch(() => {});
      return null;
    }
    try {
      await kept.decoder.begin();
      return kept.decoder;
    } catch {
      return null;
    }
  }

  /** In place of one that another side left meanwhile. */
  private keep(kept: Kept): void {
    this.kept?.decoder.release().catch(() => {});
    this.kept = kept;
  }
}
