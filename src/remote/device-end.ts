import type { Endpoint, ToClient, ToServer } from '../protocol/wire.ts';
import { GRACE } from './bridge.ts';
import { linkEndpoint, type LinkEndpoint } from './endpoint.ts';
import { readFrame, writeFrame, type Envelope, type Frame } from './frame.ts';
import { Link } from './link.ts';
import { RELAY_VERSION, type FromDevice, type LendHello, type Refused, type ToDevice } from './messages.ts';
import { Reconnecting, type SocketLike } from './socket.ts';

export interface DeviceEvents {
  /** Somebody calls: serve them. */
  serve(endpoint: Endpoint): void;
  onJoined(token: string, name: string): void;
  onRenamed(name: string): void;
  onRefused(refused: Refused): void;
  /** The studio no longer wants the device. */
  onRemoved(): void;
  /** The connection is lost, and made again. */
  onLost(): void;
}

/** One page of the studio that calls this device. */
interface Channel {
  /** The connection of the studio that it came over last. */
  peer: number;
  readonly link: Link;
  readonly endpoint: LinkEndpoint;
  readonly open: Set<number>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The lending page's end of the relay. Results stay here until the studio has them; a studio that stays away is given up. */
export class DeviceEnd {
  private readonly channels = new Map<string, Channel>();
  private readonly socket: Reconnecting;
  private readonly events: DeviceEvents;
  private token: string | null;
  private doingNow: string | null = null;

  constructor(
    connect: () => SocketLike,
    hello: Pick<LendHello, 'name' | 'capabilities' | 'code' | 'token'>,
    events: DeviceEvents,
  ) {
    this.events = events;
    this.token = hello.token ?? null;
    const { name, capabilities, code } = hello;
    this.socket = new Reconnecting(connect, {
      onOpen: () => {
        const proof = this.token === null ? { code: code ?? '' } : { token: this.token };
        this.say({ kind: 'lend', version: RELAY_VERSION, name, capabilities, ...proof });
      },
      onText: (text) => this.take(JSON.parse(text) as ToDevice),
      onBytes: (bytes) => this.takeFrame(bytes),
      onLost: () => {
        for (const [id, channel] of this.channels) this.miss(id, channel);
        events.onLost();
      },
    });
  }

  /** Tells the studio what the device is at; null: it waits. */
  doing(text: string | null): void {
    if (text === this.doingNow) return;
    this.doingNow = text;
    this.say({ kind: 'doing', text });
  }

  wake(): void {
    this.socket.wake();
  }

  /** Stops lending: what runs is cancelled, and the token is worth nothing any more. */
  leave(): void {
    this.say({ kind: 'leave' });
    this.end();
  }

  private end(): void {
    for (const [id, channel] of this.channels) this.giveUp(id, channel);
    this.socket.stop();
  }

  private say(message: FromDevice): void {
    this.socket.send(JSON.stringify(message));
  }

  private take(message: ToDevice): void {
    switch (message.kind) {
      case 'joined':
        this.token = message.token;
        if (this.doingNow !== null) this.say({ kind: 'doing', text: this.doingNow });
        return this.events.onJoined(message.token, message.name);
      case 'renamed':
        return this.events.onRenamed(message.name);
      case 'studio-left':
        for (const [id, channel] of this.channels) if (channel.peer === message.connection) this.miss(id, channel);
        return;
      case 'refused':
        this.end();
        return this.events.onRefused(message);
      case 'removed':
        this.end();
        return this.events.onRemoved();
      case 'beat':
        return;
      default:
        message satisfies never;
    }
  }

  private takeFrame(bytes: Uint8Array): void {
    const envelope = readFrame(bytes);
    if (!envelope) return;
    const { channel: id, frame } = envelope;
    const channel = this.channels.get(id) ?? this.begin(envelope);
    if (!channel) {
      if (frame.type !== 'gone') this.socket.send(writeFrame(envelope.peer, id, { type: 'gone' }));
    } else if (frame.type === 'ask') {
      clearTimeout(channel.timer);
      channel.timer = undefined;
      channel.peer = envelope.peer;
      this.socket.send(writeFrame(channel.peer, id, { type: 'answer', seq: channel.link.arrived }));
      channel.link.open(frame.seq);
    } else if (frame.type === 'gone') {
      this.giveUp(id, channel);
    } else {
      try {
        channel.link.receive(frame);
      } catch {
        // Not a message of the protocol: the studio is told that its channel is of no use.
        this.socket.send(writeFrame(channel.peer, id, { type: 'gone' }));
        this.giveUp(id, channel);
      }
    }
  }

  /** A channel begins with an `ask` by a page that was never answered on it. */
  private begin({ peer, channel: id, frame }: Envelope): Channel | null {
    if (frame.type !== 'ask' || frame.known) return null;
    const open = new Set<number>();
    const transmit = (out: Frame): void => this.socket.send(writeFrame(channel.peer, id, out));
    const link = new Link(transmit, (bytes) => channel.endpoint.deliver(bytes));
    const inner = linkEndpoint(() => link);
    inner.addEventListener('message', ({ data }) => {
      const message = data as ToServer;
      if (message.kind === 'call') open.add(message.id);
    });
    const endpoint: LinkEndpoint = {
      ...inner,
      postMessage: (message) => {
        const { kind, id: call } = message as ToClient;
        if (kind !== 'progress') open.delete(call);
        // After it was given up, nobody is there to hear it.
        if (this.channels.get(id) === channel) inner.postMessage(message);
      },
    };
    const channel: Channel = { peer, link, endpoint, open, timer: undefined };
    this.channels.set(id, channel);
    this.events.serve(endpoint);
    return channel;
  }

  private miss(id: string, channel: Channel): void {
    channel.link.close();
    channel.timer ??= setTimeout(() => this.giveUp(id, channel), GRACE);
  }

  private giveUp(id: string, channel: Channel): void {
    clearTimeout(channel.timer);
    this.channels.delete(id);
    for (const call of channel.open) channel.endpoint.say({ kind: 'cancel', id: call } satisfies ToServer);
  }
}
