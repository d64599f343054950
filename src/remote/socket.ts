import type { Beat } from './messages.ts';

/** The part of `WebSocket` that is needed; tests and Node give their own. */
export interface SocketLike {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

export interface SocketEvents {
  /** Connected: the moment to say who it is. */
  onOpen(): void;
  onText(text: string): void;
  onBytes(bytes: Uint8Array<ArrayBuffer>): void;
  /** The connection is gone; the next try begins in so many ms. */
  onLost(retryIn: number): void;
}

/** ms. The relay says that it is there every 5 s: three beats missed are one connection lost. */
const SILENCE = 15_000;
const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;
const BEAT = JSON.stringify({ kind: 'beat' } satisfies Beat);

/** A connection that is made again when it is lost: at once, then after waits that double, up to 10 s. */
export class Reconnecting {
  private socket: SocketLike | null = null;
  private isOpen = false;
  private isStopped = false;
  private wait = FIRST_RETRY;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private readonly connect: () => SocketLike;
  private readonly events: SocketEvents;

  constructor(connect: () => SocketLike, events: SocketEvents) {
    this.connect = connect;
    this.events = events;
    this.begin();
  }

  /** Lost where there is no connection. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.socket?.send(data);
  }

  /** Tries now: the network or the page is back. */
  wake(): void {
    if (this.isStopped || this.socket) return;
    this.wait = FIRST_RETRY;
    this.begin();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    const { socket } = this;
    this.socket = null;
    this.isOpen = false;
    socket?.close(1000);
  }

  private begin(): void {
    clearTimeout(this.retry);
    const socket = this.connect();
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    const lost = (): void => this.lost(socket);
    socket.addEventListener('open', () => {
      if (this.socket !== socket) return;
      this.isOpen = true;
      this.heard();
      this.events.onOpen();
    });
    socket.addEventListener('message', ({ data }) => {
      if (this.socket === socket) this.take(data);
    });
    socket.addEventListener('close', lost);
    socket.addEventListener('error', lost);
    this.heard();
  }

  private take(data: unknown): void {
    this.heard();
    if (typeof data !== 'string') return this.events.onBytes(new Uint8Array(data as ArrayBuffer));
    // A server that takes the connection and drops it is not asked again at once.
    this.wait = FIRST_RETRY;
    if (data === BEAT) this.send(BEAT);
    else this.events.onText(data);
  }

  private heard(): void {
    clearTimeout(this.silence);
    const { socket } = this;
    this.silence = setTimeout(() => {
      if (!socket) return;
      this.lost(socket);
      socket.close();
    }, SILENCE);
  }

  private lost(socket: SocketLike): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.isOpen = false;
    clearTimeout(this.silence);
    const { wait } = this;
    this.wait = Math.min(LAST_RETRY, wait * 2);
    this.retry = setTimeout(() => this.begin(), wait);
    this.events.onLost(wait);
  }
}
