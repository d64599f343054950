import { formatInteger } from '../base/format.ts';
import { refusal } from './check.ts';
import type { ByteSource } from './types.ts';

const CHUNK = 1 << 18;
/** A header that goes on beyond this is none: vocabularies of a million tokens take some 50 MB. */
const LARGEST_HEADER = 1 << 30;

/** Walks through the header of a file, which is read piece by piece. Every step says what it is for, to name it in an error. */
export class Cursor {
  readonly source: ByteSource;
  /** Numbers are little-endian but in files that say otherwise. */
  littleEndian = true;
  private piece: DataView = new DataView(new ArrayBuffer(0));
  private begin = 0;
  /** In the piece. */
  private at = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  get offset(): number {
    return this.begin + this.at;
  }
  get left(): number {
    return this.source.size - this.offset;
  }

  /** True: the next bytes lie in memory. Else `fetch` brings them, which takes its time. */
  has(length: number): boolean {
    return this.piece.byteLength - this.at >= length;
  }

  async fetch(length: number, what: string): Promise<void> {
    const { offset, source } = this;
    if (length > this.left) throw this.refuse(`${what} wants ${formatInteger(length)} bytes, ${this.left} are left`);
    if (offset + length > LARGEST_HEADER) throw this.refuse('its header goes on beyond 1 GB');
    const bytes = await source.read(offset, Math.min(this.left, Math.max(length, CHUNK)));
    this.piece = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.begin = offset;
    this.at = 0;
  }

  async u32(what: string): Promise<number> {
    if (!this.has(4)) await this.fetch(4, what);
    this.at += 4;
    return this.piece.getUint32(this.at - 4, this.littleEndian);
  }

  async u64(what: string): Promise<bigint> {
    if (!this.has(8)) await this.fetch(8, what);
    this.at += 8;
    return this.piece.getBigUint64(this.at - 8, this.littleEndian);
  }

  /** One number of up to eight bytes, read by `get`. */
  async number<T>(length: number, what: string, get: (view: DataView, at: number, little: boolean) => T): Promise<T> {
    if (!this.has(length)) await this.fetch(length, what);
    this.at += length;
    return get(this.piece, this.at - length, this.littleEndian);
  }

  async bytes(length: number, what: string): Promise<Uint8Array> {
    if (!this.has(length)) await this.fetch(length, what);
    this.at += length;
    return new Uint8Array(this.piece.buffer, this.piece.byteOffset + this.at - length, length);
  }

  /** Past bytes that nobody looks at: they are not read. */
  skip(length: number, what: string): void {
    if (length > this.left) throw this.refuse(`${what} wants ${formatInteger(length)} bytes, ${this.left} are left`);
    if (this.has(length)) {
      this.at += length;
      return;
    }
    this.begin = this.offset + length;
    this.at = 0;
    this.piece = new DataView(new ArrayBuffer(0));
  }

  refuse = (what: string): Error => refusal(this.source, this.offset, what);
}
