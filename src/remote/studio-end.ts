import { defined } from '../base/assert.ts';
import type { Endpoint } from '../protocol/wire.ts';
import { Bridge, type DeviceState } from './bridge.ts';
import { readFrame, writeFrame, type Frame } from './frame.ts';
import {
  RELAY_VERSION,
  type FromStudio,
  type JoinCode,
  type JoinInfo,
  type LentDevice,
  type Refused,
  type StudioHello,
  type ToStudio,
} from './messages.ts';
import { Reconnecting, type SocketLike } from './socket.ts';

/** What a studio knows of the devices that are lent to it. */
export interface DevicesView {
  readonly relay: 'connecting' | 'open' | 'lost' | 'refused';
  readonly refused: Refused | null;
  readonly join: JoinInfo | null;
  readonly code: JoinCode | null;
  readonly devices: readonly LentDevice[];
}

export const NO_DEVICES: DevicesView = { relay: 'connecting', refused: null, join: null, code: null, devices: [] };

/** The studio's end of the relay: who lends a device, codes to join with, and calls to devices. */
export class StudioEnd {
  private view = NO_DEVICES;
  private bridges: readonly Bridge[] = [];
  private readonly socket: Reconnecting;
  private readonly onView: (view: DevicesView) => void;

  constructor(
    connect: () => SocketLike,
    hello: Pick<StudioHello, 'studio' | 'token'>,
    onView: (view: DevicesView) => void,
  ) {
    this.onView = onView;
    this.socket = new Reconnecting(connect, {
      onOpen: () => this.say({ kind: 'studio', version: RELAY_VERSION, ...hello }),
      onText: (text) => this.take(JSON.parse(text) as ToStudio),
      onBytes: (bytes) => this.takeFrame(bytes),
      onLost: () => {
        if (this.view.relay !== 'refused') this.show({ relay: 'lost' });
        for (const bridge of this.bridges) bridge.follow({ ...this.stateOf(bridge.device), session: null });
      },
    });
    this.onView(this.view);
  }

  newCode(): void {
    this.say({ kind: 'new-code' });
  }

  rename(device: number, name: string): void {
    this.say({ kind: 'rename', device, name });
  }

  remove(device: number): void {
    this.say({ kind: 'remove', device });
  }

  /** Calls that come in at `port` go to the device, and its answers back; whoever called it before has ended. */
  attach(device: number, port: Endpoint): void {
    for (const bridge of this.bridges) if (bridge.device === device) bridge.end();
    const transmit = (channel: string, frame: Frame): void => this.socket.send(writeFrame(device, channel, frame));
    const others = this.bridges.filter((bridge) => bridge.device !== device);
    this.bridges = [...others, new Bridge(port, device, this.stateOf(device), transmit)];
  }

  /** Tries at once: the network is back. */
  wake(): void {
    this.socket.wake();
  }

  stop(): void {
    this.socket.stop();
  }

  private say(message: FromStudio): void {
    this.socket.send(JSON.stringify(message));
  }

  private show(patch: Partial<DevicesView>): void {
    this.view = { ...this.view, ...patch };
    this.onView(this.view);
  }

  private stateOf(id: number): DeviceState {
    const device = this.view.devices.find((each) => each.id === id);
    const session = this.view.relay === 'open' ? device?.session : null;
    return { name: device?.name ?? 'The device', session };
  }

  private take(message: ToStudio): void {
    if (message.kind === 'welcome') this.show({ join: message.join, refused: null });
    else if (message.kind === 'code') this.show({ code: message.code });
    else if (message.kind === 'devices') this.takeDevices(message.devices);
    else if (message.kind === 'refused') {
      this.show({ relay: 'refused', refused: message });
      this.socket.stop();
    }
  }

  private takeDevices(devices: readonly LentDevice[]): void {
    this.show({ relay: 'open', devices });
    for (const bridge of this.bridges) {
      const state = this.stateOf(bridge.device);
      // A device that is gone keeps the name by which it was known.
      const name = state.session === undefined ? bridge.called : state.name;
      bridge.follow({ ...state, name });
    }
  }

  private takeFrame(bytes: Uint8Array): void {
    const { channel, frame } = defined(readFrame(bytes), 'a frame from the relay');
    this.bridges.find((bridge) => bridge.name === channel)?.receive(frame);
  }
}
