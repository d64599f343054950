import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { MAX_FRAME, peerOf, redirected } from '../remote/frame.ts';
import {
  parseFromDevice,
  parseFromStudio,
  RELAY_VERSION,
  type FromDevice,
  type FromStudio,
  type JoinInfo,
  type LendHello,
  type LentDevice,
  type RefusalCode,
  type StudioHello,
  type ToDevice,
  type ToStudio,
} from '../remote/messages.ts';
import { Codes, Guesses } from './codes.ts';

/** A socket, or what stands for it in tests. */
export interface Peer {
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Bytes that wait to be sent. */
  readonly buffered: number;
}

/** Who is at the other end. */
export interface Visitor {
  readonly address: string;
  /** A page on this machine: it may be a studio without a token. */
  readonly trusted: boolean;
}

export interface Connection {
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  closed(): void;
}

/** Why the relay ends a connection. */
const CLOSE = { malformed: 4400, refused: 4401, silent: 4408, tooMuch: 4413 } as const;

const MOST_CONNECTIONS = 64;
const MOST_DEVICES = 16;
/** A device that was away for so long is forgotten, ms. */
const FORGOTTEN = 12 * 3600_000;
/** Beats that may stay without an answer. */
const MISSED = 3;
/** What may wait for a slow reader, bytes: several times what the two sides allow each other. */
const MOST_BUFFERED = 32 << 20;

interface Studio {
  /** Its pages, by connection. */
  readonly pages: Map<number, Peer>;
  readonly devices: Set<Device>;
}
interface Device {
  readonly id: number;
  readonly token: string;
  name: string;
  capabilities: LentDevice['capabilities'];
  readonly studio: Studio;
  peer: Peer | null;
  sessions: number;
  doing: string | null;
  seen: number;
}
type Role = { readonly studio: Studio; readonly id: number } | { readonly device: Device };

interface Open {
  readonly peer: Peer;
  readonly visitor: Visitor;
  role: Role | null;
  missed: number;
}

const newStudio = (): Studio => ({ pages: new Map(), devices: new Set() });

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Brings studios and the devices that are lent to them together, and passes their frames on. It knows nothing of what is
 * in the frames and keeps none. A device belongs to the studio whose code it joined with, and no other sees it.
 */
export class Relay {
  private readonly open = new Set<Open>();
  private readonly studios = new Map<string, Studio>();
  private readonly tokens = new Map<string, Device>();
  /** Owns the code that is printed at the start, until the first studio comes and takes its place. */
  private readonly first = newStudio();
  private isFirstTaken = false;
  private nextPage = 1;
  private readonly codes: Codes<Studio>;
  private readonly guesses: Guesses;
  private readonly join: JoinInfo;
  private readonly studioToken: string;
  private readonly now: () => number;

  constructor(join: JoinInfo, studioToken: string, now: () => number = Date.now) {
    this.join = join;
    this.studioToken = studioToken;
    this.now = now;
    this.codes = new Codes(now);
    this.guesses = new Guesses(now);
  }

  /** The code to print: for the first studio that comes. */
  firstCode(): string {
    return this.codes.issue(this.first).code;
  }

  connect(peer: Peer, visitor: Visitor): Connection {
    const open: Open = { peer, visitor, role: null, missed: 0 };
    if (this.open.size >= MOST_CONNECTIONS) {
      this.refuse(open, 'full', 'Too many pages are connected to this studio.');
      return { text: () => {}, bytes: () => {}, closed: () => {} };
    }
    this.open.add(open);
    return {
      text: (text) => this.takeText(open, text),
      bytes: (bytes) => this.takeBytes(open, bytes),
      closed: () => this.close(open),
    };
  }

  /** Every few seconds: asks everybody whether they are still there, and ends connections that do not answer. */
  beat(): void {
    for (const open of this.open) {
      if (++open.missed > MISSED || (!open.role && open.missed > 1)) {
        this.end(open, CLOSE.silent, 'Nothing was heard for too long.');
      } else open.peer.send(JSON.stringify({ kind: 'beat' }));
    }
    for (const device of this.tokens.values()) {
      if (!device.peer && this.now() - device.seen > FORGOTTEN) this.forget(device);
    }
  }

  private takeText(open: Open, text: string): void {
    open.missed = 0;
    const { role } = open;
    if (!role) return this.admit(open, text);
    if ('device' in role) {
      const message = parseFromDevice(text);
      if (!message || message.kind === 'lend') this.malformed(open);
      else this.fromDevice(open, role.device, message);
    } else {
      const message = parseFromStudio(text);
      if (!message || message.kind === 'studio') this.malformed(open);
      else this.fromStudio(role.studio, message);
    }
  }

  private takeBytes(open: Open, bytes: Uint8Array): void {
    open.missed = 0;
    const { role } = open;
    const to = peerOf(bytes);
    if (!role || to === null || bytes.length > MAX_FRAME) return this.malformed(open);
    if ('device' in role) this.pass(open, role.device.studio.pages.get(to), bytes, role.device.id);
    else {
      const device = [...role.studio.devices].find(({ id }) => id === to);
      this.pass(open, device?.peer, bytes, role.id);
    }
  }

  /** What nobody is there for is lost: the two sides send it again. */
  private pass(from: Open, to: Peer | null | undefined, bytes: Uint8Array, as: number): void {
    if (!to) return;
    if (to.buffered > MOST_BUFFERED) this.end(from, CLOSE.tooMuch, 'It sends more than the other side reads.');
    else to.send(redirected(bytes, as));
  }

  private admit(open: Open, text: string): void {
    const message = parseFromDevice(text) ?? parseFromStudio(text);
    if (message?.kind === 'beat') return;
    if (message?.kind !== 'lend' && message?.kind !== 'studio') return this.malformed(open);
    if (message.version !== RELAY_VERSION) {
      return this.refuse(open, 'version', 'This page is of another version than the server. Load it again.');
    }
    const wait = this.guesses.wait(open.visitor.address);
    if (wait > 0) {
      const text = `Too many wrong codes. Try again in ${Math.ceil(wait / 1000)} s.`;
      return this.refuse(open, 'too-many', text);
    }
    if (message.kind === 'lend') this.admitDevice(open, message);
    else this.admitStudio(open, message);
  }

  private admitStudio(open: Open, { studio: secret, token }: StudioHello): void {
    if (!open.visitor.trusted && !isSame(token ?? '', this.studioToken)) {
      if (token !== undefined) this.guesses.count(open.visitor.address);
      const text =
        'Devices can be used from the machine that serves the studio, or with the address for other machines that it printed at its start.';
      return this.refuse(open, 'not-allowed', text);
    }
    const studio = this.studios.get(secret) ?? (this.isFirstTaken ? newStudio() : this.first);
    this.isFirstTaken = true;
    this.studios.set(secret, studio);
    const id = this.nextPage++;
    studio.pages.set(id, open.peer);
    open.role = { studio, id };
    this.toPage(open.peer, { kind: 'welcome', join: this.join });
    this.toPage(open.peer, { kind: 'code', code: this.codes.of(studio) });
    this.tellDevices(studio);
  }

  private admitDevice(open: Open, hello: LendHello): void {
    const device = hello.token === undefined ? this.newDevice(open, hello) : this.knownDevice(open, hello.token);
    if (!device) return;
    device.capabilities = hello.capabilities;
    device.sessions += 1;
    device.doing = null;
    device.peer = open.peer;
    open.role = { device };
    this.toDevice(device, { kind: 'joined', token: device.token, name: device.name });
    this.tellDevices(device.studio);
  }

  private newDevice(open: Open, { code = '', name, capabilities }: LendHello): Device | null {
    const owner = this.codes.redeem(code)?.owner;
    if (!owner) {
      this.guesses.count(open.visitor.address);
      const text = 'This code is wrong, was used before, or is older than 10 minutes. The studio shows a new one.';
      this.refuse(open, 'wrong-code', text);
      return null;
    }
    for (const page of owner.pages.values()) this.toPage(page, { kind: 'code', code: null });
    if (owner.devices.size >= MOST_DEVICES) {
      this.refuse(open, 'full', `A studio takes ${MOST_DEVICES} devices. Remove one there first.`);
      return null;
    }
    const token = randomBytes(24).toString('base64url');
    const fresh = { id: randomInt(2 ** 32 - 1), peer: null, sessions: 0, doing: null, seen: this.now() };
    const device: Device = { ...fresh, token, name, capabilities, studio: owner };
    owner.devices.add(device);
    this.tokens.set(token, device);
    return device;
  }

  private knownDevice(open: Open, token: string): Device | null {
    const device = this.tokens.get(token);
    if (!device) {
      this.guesses.count(open.visitor.address);
      const text = 'The studio was started anew, or has removed this device. Join with a new code.';
      this.refuse(open, 'unknown-token', text);
      return null;
    }
    for (const other of this.open) {
      if (other !== open && other.role && 'device' in other.role && other.role.device === device) {
        this.refuse(other, 'not-allowed', 'Another page of this device has taken over.');
      }
    }
    return device;
  }

  private fromDevice(open: Open, device: Device, message: Exclude<FromDevice, LendHello>): void {
    if (message.kind === 'doing') {
      device.doing = message.text;
      this.tellDevices(device.studio);
    } else if (message.kind === 'leave') {
      this.forget(device);
      this.end(open, 1000, 'It no longer lends itself.');
    }
  }

  private fromStudio(studio: Studio, message: Exclude<FromStudio, StudioHello>): void {
    if (message.kind === 'beat') return;
    if (message.kind === 'new-code') {
      const code = this.codes.issue(studio);
      for (const page of studio.pages.values()) this.toPage(page, { kind: 'code', code });
      return;
    }
    const device = [...studio.devices].find(({ id }) => id === message.device);
    if (!device) return;
    if (message.kind === 'rename') {
      device.name = message.name;
      this.toDevice(device, { kind: 'renamed', name: message.name });
      this.tellDevices(studio);
    } else {
      this.toDevice(device, { kind: 'removed' });
      this.forget(device);
    }
  }

  private forget(device: Device): void {
    this.tokens.delete(device.token);
    device.studio.devices.delete(device);
    this.tellDevices(device.studio);
  }

  private close(open: Open): void {
    if (!this.open.delete(open)) return;
    const { role } = open;
    if (!role) return;
    if ('device' in role) {
      const { device } = role;
      // A newer connection of the same device may have taken its place.
      if (device.peer !== open.peer) return;
      device.peer = null;
      device.doing = null;
      device.seen = this.now();
      this.tellDevices(device.studio);
    } else {
      role.studio.pages.delete(role.id);
      for (const device of role.studio.devices) this.toDevice(device, { kind: 'studio-left', connection: role.id });
    }
  }

  private tellDevices(studio: Studio): void {
    const devices = Array.from(studio.devices, ({ id, name, capabilities, peer, sessions, doing }): LentDevice => {
      return { id, name, capabilities, session: peer ? sessions : null, doing };
    });
    for (const page of studio.pages.values()) this.toPage(page, { kind: 'devices', devices });
  }

  private toPage(peer: Peer, message: ToStudio): void {
    peer.send(JSON.stringify(message));
  }

  private toDevice(device: Device, message: ToDevice): void {
    device.peer?.send(JSON.stringify(message));
  }

  private refuse(open: Open, code: RefusalCode, message: string): void {
    open.peer.send(JSON.stringify({ kind: 'refused', code, message } satisfies ToDevice));
    this.end(open, CLOSE.refused, code);
  }

  private malformed(open: Open): void {
    this.end(open, CLOSE.malformed, 'That is no message of the relay.');
  }

  private end(open: Open, code: number, reason: string): void {
    this.close(open);
    open.peer.close(code, reason);
  }
}
