import { decodeWeights, type LearntWeights } from '../onnx/safetensors.ts';

/** Hexadecimal SHA-256. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Learnt weights that steps of a recipe name by their SHA-256. */
export class Artifacts {
  private readonly known = new Map<
    string,
    { readonly bytes: Uint8Array<ArrayBuffer>; readonly weights: LearntWeights }
  >();

  /** @returns the SHA-256 under which they are known from now on */
  async keep(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const weights = decodeWeights(bytes);
    const sha256 = await sha256Of(bytes);
    this.known.set(sha256, { bytes, weights });
    return sha256;
  }

  readonly weights = (sha256: string): LearntWeights | null => this.known.get(sha256)?.weights ?? null;
  bytes = (sha256: string): Uint8Array<ArrayBuffer> | null => this.known.get(sha256)?.bytes ?? null;
}
