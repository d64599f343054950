import { CodedError, toErrorRecord } from '../base/error.ts';
import type { Endpoint, ToClient, ToServer } from '../protocol/wire.ts';
import { decode, encode } from './codec.ts';
import { newChannel, type Frame } from './frame.ts';
import { Link } from './link.ts';

/** How long a device may be away before its calls fail, ms. */
export const GRACE = 60_000;
/** Messages above this size are counted while they are sent, bytes. */
const COUNTED = 1 << 20;
/** The largest result that is taken, bytes: outputs and samples, no models. */
const MAX_RESULT = 512 << 20;

const inKilobytes = (bytes: number): number => Math.round(bytes / 1000);

/** What a bridge is told of its device. */
export interface DeviceState {
  readonly name: string;
  /** Its connection, by number; null: it is away. Undefined: it is no longer one of this studio's. */
  readonly session: number | null | undefined;
}

/**
 * Joins a port, at whose other end somebody calls, to a lent device. Calls wait while the device is away for a moment,
 * and fail with `device-lost` when that lasts, when its page is started anew, or when it is removed. A cancel is answered
 * here: whoever cancels does not wait for the network.
 */
export class Bridge {
  readonly device: number;
  private channel = newChannel();
  private link: Link;
  /** The device has answered on this channel: it knows it. */
  private isKnown = false;
  private state: DeviceState;
  private readonly open = new Set<number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly port: Endpoint;
  private readonly transmit: (channel: string, frame: Frame) => void;

  constructor(port: Endpoint, device: number, state: DeviceState, transmit: (channel: string, frame: Frame) => void) {
    this.port = port;
    this.device = device;
    this.transmit = transmit;
    this.state = { name: state.name, session: null };
    this.link = this.newLink();
    port.addEventListener('message', (event) => this.take(event.data as ToServer));
    port.start?.();
    this.follow(state);
  }

  get name(): string {
    return this.channel;
  }

  /** What the device was called last. */
  get called(): string {
    return this.state.name;
  }

  /** The device came, went, was called otherwise or was removed. */
  follow(state: DeviceState): void {
    const before = this.state.session;
    this.state = state;
    if (state.session === undefined) {
      this.fail(new CodedError('device-lost', `${state.name} no longer lends itself to this studio.`));
    } else if (state.session !== before) {
      this.link.close();
      if (state.session === null) this.wait();
      else this.ask();
    }
  }

  /** Nobody calls any more. */
  end(): void {
    this.fail(new CodedError('cancelled', 'The job was cancelled.'));
  }

  receive(frame: Frame): void {
    if (frame.type === 'answer') {
      this.isKnown = true;
      this.stopWaiting();
      this.link.open(frame.seq);
    } else if (frame.type === 'gone') {
      const why = 'its page was started anew, or gave the work up. Run it again';
      this.fail(new CodedError('device-lost', `${this.state.name} lost what it was doing: ${why}.`));
    } else {
      try {
        this.link.receive(frame);
      } catch (error) {
        this.fail(toCoded(error));
      }
    }
  }

  private take(message: ToServer): void {
    const { id } = message;
    if (message.kind === 'cancel') {
      if (!this.open.delete(id)) return;
      const error = toErrorRecord(new CodedError('cancelled', 'The job was cancelled.'));
      this.tell({ kind: 'error', id, error });
      this.link.send(encode(message));
      return;
    }
    if (this.state.session === undefined) {
      const error = new CodedError('device-lost', `${this.state.name} no longer lends itself to this studio.`);
      this.tell({ kind: 'error', id, error: toErrorRecord(error) });
      return;
    }
    this.open.add(id);
    try {
      this.link.send(encode(message), (done, total) => this.tellSent(id, done, total));
    } catch (error) {
      this.open.delete(id);
      this.tell({ kind: 'error', id, error: toErrorRecord(error) });
    }
    if (this.state.session === null) this.wait();
  }

  private tellSent(id: number, done: number, total: number): void {
    if (total < COUNTED || !this.open.has(id)) return;
    const progress = { stage: 'Sending the model, kB', done: inKilobytes(done), total: inKilobytes(total) };
    this.tell({ kind: 'progress', id, progress });
  }

  private tell(message: ToClient): void {
    this.port.postMessage(message);
  }

  /** What the device says: answers to calls that were cancelled are left out. */
  private heard(bytes: Uint8Array<ArrayBuffer>): void {
    const message = decode(bytes) as ToClient;
    if (!this.open.has(message.id)) return;
    if (message.kind !== 'progress') this.open.delete(message.id);
    this.tell(message);
  }

  private newLink(): Link {
    return new Link(
      (frame) => this.transmit(this.channel, frame),
      (bytes) => this.heard(bytes),
      MAX_RESULT,
    );
  }

  private ask(): void {
    this.transmit(this.channel, { type: 'ask', seq: this.link.arrived, known: this.isKnown });
  }

  private wait(): void {
    if (this.open.size === 0) return;
    for (const id of this.open) {
      this.tell({ kind: 'progress', id, progress: { stage: `Waiting for ${this.state.name} to come back` } });
    }
    this.timer ??= setTimeout(() => {
      const error = `${this.state.name} has been away for ${GRACE / 1000} s. Wake it, open its page again, and run once more.`;
      this.fail(new CodedError('device-lost', error));
    }, GRACE);
  }

  private stopWaiting(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Fails what is open; the next call begins on a channel of its own. */
  private fail(error: CodedError): void {
    this.stopWaiting();
    const ids = [...this.open];
    this.open.clear();
    this.transmit(this.channel, { type: 'gone' });
    this.channel = newChannel();
    this.isKnown = false;
    this.link = this.newLink();
    for (const id of ids) this.tell({ kind: 'error', id, error: toErrorRecord(error) });
    if (typeof this.state.session === 'number') this.ask();
  }
}

const toCoded = (error: unknown): CodedError =>
  error instanceof CodedError ? error : new CodedError('internal', toErrorRecord(error).message);
