import { CodedError } from '../base/error.ts';
import { CHUNK, type Frame } from './frame.ts';

/** Bytes on their way that nobody has acknowledged: what relay and network have to hold at most. */
const WINDOW = 2 << 20;
/** The largest message, bytes: more than a runtime can load. */
const MAX_MESSAGE = 2 ** 31 - 1;

interface Outgoing {
  readonly parts: readonly Uint8Array[];
  readonly total: number;
  readonly onSent: ((done: number, total: number) => void) | undefined;
  /** Bytes that were cut into frames, and bytes that have arrived. */
  cut: number;
  arrived: number;
}
interface Sent {
  readonly frame: Frame & { type: 'data' };
  readonly message: Outgoing;
}

/**
 * Whole messages, in order and once each, over a way that may close and open again: frames are counted, kept until they
 * are acknowledged, and sent again from the first one that did not arrive. `transmit` loses what it cannot send.
 */
export class Link {
  private readonly queue: Outgoing[] = [];
  private sent: Sent[] = [];
  private onTheWay = 0;
  private nextSeq = 0;
  private expected = 0;
  private incoming: { readonly bytes: Uint8Array<ArrayBuffer>; filled: number } | null = null;
  private isOpen = false;
  private readonly transmit: (frame: Frame) => void;
  private readonly onMessage: (bytes: Uint8Array<ArrayBuffer>) => void;
  private readonly most: number;

  /** `most`: bytes of the largest message that is taken. */
  constructor(
    transmit: (frame: Frame) => void,
    onMessage: (bytes: Uint8Array<ArrayBuffer>) => void,
    most: number = MAX_MESSAGE,
  ) {
    this.transmit = transmit;
    this.onMessage = onMessage;
    this.most = most;
  }

  /** How many frames of the other side have arrived: what it need not send again. */
  get arrived(): number {
    return this.expected;
  }

  /** The parts of one message; they are read when there is room for them. `onSent` counts bytes that have arrived. */
  send(parts: readonly Uint8Array[], onSent?: (done: number, total: number) => void): void {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    if (total > MAX_MESSAGE) throw new CodedError('unsupported', 'Models above 2 GB cannot be sent to a device.');
    this.queue.push({ parts, total, onSent, cut: 0, arrived: 0 });
    this.pump();
  }

  /** Holds everything back until the way is open again. */
  close(): void {
    this.isOpen = false;
  }

  /** The way is open, and the other side has everything before `seq`. */
  open(seq: number): void {
    this.acknowledge(seq);
    this.isOpen = true;
    for (const { frame } of this.sent) this.transmit(frame);
    this.pump();
  }

  /** Throws `bad-request` where the other side breaks the rules: the link is of no use then. */
  receive(frame: Frame): void {
    if (frame.type === 'ack') {
      this.acknowledge(frame.seq);
      this.pump();
    } else if (frame.type === 'data') {
      // What comes out of turn was sent over the old way, and will come again.
      const whole = frame.seq === this.expected ? this.take(frame) : null;
      this.transmit({ type: 'ack', seq: this.expected });
      if (whole) this.onMessage(whole);
    }
  }

  /** The message that a piece completes. */
  private take({ total, chunk }: Frame & { type: 'data' }): Uint8Array<ArrayBuffer> | null {
    this.expected += 1;
    if (total !== null) {
      if (!Number.isInteger(total) || total < 1 || total > this.most) throw this.broken();
      this.incoming = { bytes: new Uint8Array(total), filled: 0 };
    }
    const message = this.incoming;
    if (!message || message.filled + chunk.length > message.bytes.length) throw this.broken();
    message.bytes.set(chunk, message.filled);
    message.filled += chunk.length;
    if (message.filled < message.bytes.length) return null;
    this.incoming = null;
    return message.bytes;
  }

  private broken(): CodedError {
    return new CodedError('bad-request', 'The other device sends what is no message.');
  }

  private acknowledge(seq: number): void {
    const arrived = this.sent.filter(({ frame }) => frame.seq < seq);
    this.sent = this.sent.slice(arrived.length);
    for (const { frame, message } of arrived) {
      this.onTheWay -= frame.chunk.length;
      message.arrived += frame.chunk.length;
      message.onSent?.(message.arrived, message.total);
    }
  }

  private pump(): void {
    while (this.isOpen && this.onTheWay < WINDOW) {
      const message = this.queue[0];
      if (!message) return;
      const chunk = cutChunk(message);
      const total = message.cut === 0 ? message.total : null;
      message.cut += chunk.length;
      if (message.cut === message.total) this.queue.shift();
      const frame = { type: 'data', seq: this.nextSeq++, total, chunk } as const;
      this.sent.push({ frame, message });
      this.onTheWay += chunk.length;
      this.transmit(frame);
    }
  }
}

/** The next piece of a message, copied: what it was cut from may be given away meanwhile. */
function cutChunk({ parts, total, cut }: Outgoing): Uint8Array {
  const chunk = new Uint8Array(Math.min(CHUNK, total - cut));
  let start = 0;
  let filled = 0;
  for (const part of parts) {
    const from = Math.max(0, cut + filled - start);
    if (from < part.length && filled < chunk.length) {
      const piece = part.subarray(from, from + chunk.length - filled);
      chunk.set(piece, filled);
      filled += piece.length;
    }
    start += part.length;
  }
  return chunk;
}
