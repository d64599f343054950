/**
 * Binary frames: `[peer, uint32][channel, 8 bytes][type, uint8][seq, uint32][rest]`. The relay reads and replaces only
 * the peer: for a studio the device, for a device the connection of the studio. The rest is between the two.
 */
export type Frame =
  /** A piece of a message. `total`: bytes of the message, in its first piece; else null. */
  | { readonly type: 'data'; readonly seq: number; readonly total: number | null; readonly chunk: Uint8Array }
  /** Everything before `seq` has arrived. */
  | { readonly type: 'ack'; readonly seq: number }
  /** The way is open (again); what came before `seq` has arrived. `known`: the asker has been answered before. */
  | { readonly type: 'ask'; readonly seq: number; readonly known: boolean }
  | { readonly type: 'answer'; readonly seq: number }
  /** The other side does not know the channel, or gives it up. */
  | { readonly type: 'gone' };

export interface Envelope {
  readonly peer: number;
  /** 16 hexadecimal digits. */
  readonly channel: string;
  readonly frame: Frame;
}

const HEADER = 17;
const TYPES = { data: 1, first: 2, ack: 3, ask: 4, 'ask-known': 5, answer: 6, gone: 7 } as const;

/** Bytes of a message in one frame, and the largest frame that the relay takes. */
export const CHUNK = 128 << 10;
export const MAX_FRAME = CHUNK + 64;

function typeOf(frame: Frame): number {
  if (frame.type === 'data') return frame.total === null ? TYPES.data : TYPES.first;
  if (frame.type === 'ask') return frame.known ? TYPES['ask-known'] : TYPES.ask;
  return TYPES[frame.type];
}

export function writeFrame(peer: number, channel: string, frame: Frame): Uint8Array<ArrayBuffer> {
  const total = frame.type === 'data' ? frame.total : null;
  const chunk = frame.type === 'data' ? frame.chunk : null;
  const at = HEADER + (total === null ? 0 : 8);
  const bytes = new Uint8Array(at + (chunk?.length ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, peer);
  view.setBigUint64(4, BigInt(`0x${channel}`));
  view.setUint8(12, typeOf(frame));
  view.setUint32(13, frame.type === 'gone' ? 0 : frame.seq);
  if (total !== null) view.setFloat64(HEADER, total);
  if (chunk) bytes.set(chunk, at);
  return bytes;
}

/** Null: these bytes are no frame. */
export function readFrame(bytes: Uint8Array): Envelope | null {
  if (bytes.length < HEADER) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const seq = view.getUint32(13);
  const frame = ((): Frame | null => {
    switch (view.getUint8(12)) {
      case TYPES.data:
        return { type: 'data', seq, total: null, chunk: bytes.subarray(HEADER) };
      case TYPES.first:
        if (bytes.length < HEADER + 8) return null;
        return { type: 'data', seq, total: view.getFloat64(HEADER), chunk: bytes.subarray(HEADER + 8) };
      case TYPES.ack:
        return { type: 'ack', seq };
      case TYPES.ask:
      case TYPES['ask-known']:
        return { type: 'ask', seq, known: view.getUint8(12) === TYPES['ask-known'] };
      case TYPES.answer:
        return { type: 'answer', seq };
      case TYPES.gone:
        return { type: 'gone' };
      default:
        return null;
    }
  })();
  return frame && { peer: view.getUint32(0), channel: view.getBigUint64(4).toString(16).padStart(16, '0'), frame };
}

/** The one thing that the relay reads of a frame; null: too short to be one. */
export const peerOf = (bytes: Uint8Array): number | null =>
  bytes.length < HEADER ? null : new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);

/** The frame for the other side: with its own word for who sent it. */
export function redirected(bytes: Uint8Array, peer: number): Uint8Array {
  // `slice` of a Node buffer would share its memory.
  const copy = new Uint8Array(bytes);
  new DataView(copy.buffer).setUint32(0, peer);
  return copy;
}

export function newChannel(): string {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
