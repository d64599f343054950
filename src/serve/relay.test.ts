import { describe, expect, test } from 'vitest';
import { MAX_FRAME, readFrame, writeFrame } from '../remote/frame.ts';
import type { JoinInfo, LentDevice, ToDevice, ToStudio } from '../remote/messages.ts';
import { phoneCapabilities } from '../testing/capabilities.ts';
import { Relay, type Connection, type Peer, type Visitor } from './relay.ts';

const JOIN: JoinInfo = { open: true, addresses: ['https://192.168.1.5:4174/lend'], fingerprint: 'AB:CD' };
const TOKEN = 'printed-at-the-start-of-the-server';
const HERE: Visitor = { address: '127.0.0.1', trusted: true };
const PHONE: Visitor = { address: '192.168.1.7', trusted: false };
const CHANNEL = '0123456789abcdef';
const hello = { version: 1, name: 'Phone', capabilities: phoneCapabilities() };

type Said = ToDevice & ToStudio;

/** One page: what it says, and what it hears. */
class Page implements Peer {
  readonly texts: Said[] = [];
  readonly frames: Uint8Array[] = [];
  closed: { code: number; reason: string } | null = null;
  buffered = 0;
  private readonly connection: Connection;

  constructor(relay: Relay, visitor: Visitor) {
    this.connection = relay.connect(this, visitor);
  }

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.texts.push(JSON.parse(data) as Said);
    else this.frames.push(data);
  }
  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  say(message: object): this {
    this.connection.text(JSON.stringify(message));
    return this;
  }
  sayText(text: string): this {
    this.connection.text(text);
    return this;
  }
  sayBytes(bytes: Uint8Array): this {
    this.connection.bytes(bytes);
    return this;
  }
  leave(): void {
    this.connection.closed();
  }

  last<K extends Said['kind']>(kind: K): Extract<Said, { kind: K }> | undefined {
    return this.texts.findLast((message) => message.kind === kind) as Extract<Said, { kind: K }> | undefined;
  }
  get devices(): readonly LentDevice[] {
    return (this.last('devices' as Said['kind']) as unknown as { devices: LentDevice[] } | undefined)?.devices ?? [];
  }
  get code(): string {
    return (this.last('code' as Said['kind']) as unknown as { code: { code: string } | null }).code?.code ?? '';
  }
  get token(): string {
    return (this.last('joined' as Said['kind']) as unknown as { token: string }).token;
  }
  get refusal(): string | undefined {
    return this.last('refused')?.code;
  }
}

function make() {
  const clock = { now: 1e12 };
  const relay = new Relay(JOIN, TOKEN, () => clock.now);
  const page = (visitor: Visitor = PHONE): Page => new Page(relay, visitor);
  const studio = (secret = 'secret-of-the-first-browser', visitor = HERE, token?: string): Page =>
    page(visitor).say({ kind: 'studio', version: 1, studio: secret, token });
  const lend = (proof: object, visitor = PHONE): Page => page(visitor).say({ kind: 'lend', ...hello, ...proof });
  const withCode = (of: Page): string => of.say({ kind: 'new-code' }).code;
  return { clock, relay, page, studio, lend, withCode };
}

describe('joining', () => {
  test('a device joins once with a code; its studio sees what it is, and gets the place to join at', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    expect(first.texts.slice(0, 3)).toEqual([
      { kind: 'welcome', join: JOIN },
      { kind: 'code', code: null },
      { kind: 'devices', devices: [] },
    ]);
    const code = withCode(first);
    const device = lend({ code });
    expect(device.token).toMatch(/^[\w-]{32}$/);
    expect(first.devices).toMatchObject([{ name: 'Phone', session: 1, doing: null, capabilities: { cores: 8 } }]);
    expect(first.code).toBe('');
    const second = lend({ code });
    expect(second.refusal).toBe('wrong-code');
    expect(second.closed?.code).toBe(4401);
    expect(first.devices).toHaveLength(1);
  });

  test('the printed code is for the first studio that comes, also where the device was there before', () => {
    const { relay, studio, lend } = make();
    const device = lend({ code: relay.firstCode() });
    expect(device.refusal).toBeUndefined();
    expect(studio().devices).toHaveLength(1);
    expect(studio('secret-of-another-browser').devices).toHaveLength(0);
  });

  test('a code ends by itself, and wrong ones make the address wait', () => {
    const { clock, studio, lend, withCode } = make();
    const first = studio();
    const code = withCode(first);
    clock.now += 10 * 60_000;
    expect(lend({ code }).refusal).toBe('wrong-code');
    for (let i = 0; i < 4; i++) expect(lend({ code: 'AAAA-AAAA' }).refusal).toBe('wrong-code');
    const fresh = withCode(first);
    expect(lend({ code: fresh }).refusal).toBe('too-many');
    expect(lend({ token: 'x'.repeat(32) }).refusal).toBe('too-many');
    clock.now += 60_000;
    expect(lend({ code: fresh }).refusal).toBeUndefined();
  });

  test('a device comes back with its token, under the name that the studio gave it; a newer page takes over', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    const device = lend({ code: withCode(first) });
    const [{ id } = { id: 0 }] = first.devices;
    first.say({ kind: 'rename', device: id, name: 'Pixel' });
    expect(device.last('renamed' as Said['kind'])).toEqual({ kind: 'renamed', name: 'Pixel' });
    device.leave();
    expect(first.devices).toMatchObject([{ id, name: 'Pixel', session: null }]);
    const back = lend({ token: device.token });
    expect(first.devices).toMatchObject([{ id, name: 'Pixel', session: 2 }]);
    const newer = lend({ token: device.token });
    expect(back.refusal).toBe('not-allowed');
    expect(newer.refusal).toBeUndefined();
    expect(first.devices).toMatchObject([{ id, session: 3 }]);
    back.leave();
    expect(first.devices).toMatchObject([{ id, session: 3 }]);
    expect(lend({ token: 'x'.repeat(32) }).refusal).toBe('unknown-token');
  });

  test('a device that leaves, is removed, or was away for half a day has to join anew', () => {
    const { clock, relay, studio, lend, withCode } = make();
    const first = studio();
    const leaves = lend({ code: withCode(first) }).say({ kind: 'leave' });
    expect(first.devices).toEqual([]);
    const removed = lend({ code: withCode(first) });
    first.say({ kind: 'remove', device: first.devices[0]?.id ?? 0 });
    expect(removed.last('removed' as Said['kind'])).toEqual({ kind: 'removed' });
    const away = lend({ code: withCode(first) });
    away.leave();
    clock.now += 12 * 3600_000 + 1;
    relay.beat();
    expect(first.devices).toEqual([]);
    for (const { token } of [leaves, removed, away]) expect(lend({ token }).refusal).toBe('unknown-token');
  });
});

describe('a studio', () => {
  test('is a page on this machine, or has the printed token; others may not even list', () => {
    const { studio } = make();
    expect(studio('secret-of-a-stranger', PHONE).refusal).toBe('not-allowed');
    expect(studio('secret-of-a-stranger', PHONE, 'a wrong token').refusal).toBe('not-allowed');
    const elsewhere = studio('secret-of-a-friend', PHONE, TOKEN);
    expect(elsewhere.refusal).toBeUndefined();
    expect(elsewhere.devices).toEqual([]);
  });

  test('sees and reaches its own devices only; pages of one browser share them', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    const tab = studio();
    const other = studio('secret-of-another-browser');
    const device = lend({ code: withCode(first) });
    expect(tab.devices).toEqual(first.devices);
    expect(other.devices).toEqual([]);
    const [{ id } = { id: 0 }] = first.devices;
    other.say({ kind: 'rename', device: id, name: 'Mine' }).say({ kind: 'remove', device: id });
    other.sayBytes(writeFrame(id, CHANNEL, { type: 'gone' }));
    expect(first.devices).toMatchObject([{ name: 'Phone' }]);
    expect(device.frames).toEqual([]);
    expect(other.closed).toBeNull();
  });

  test('and its device get the frames of each other, with a word for who sent them', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    const other = studio('secret-of-another-browser');
    const device = lend({ code: withCode(first) });
    const [{ id } = { id: 0 }] = first.devices;
    first.sayBytes(writeFrame(id, CHANNEL, { type: 'ask', seq: 3, known: true }));
    const heard = readFrame(device.frames[0] ?? new Uint8Array());
    expect(heard).toMatchObject({ channel: CHANNEL, frame: { type: 'ask', seq: 3, known: true } });
    const peer = heard?.peer ?? 0;
    device.sayBytes(writeFrame(peer, CHANNEL, { type: 'answer', seq: 1 }));
    expect(first.frames.map((bytes) => readFrame(bytes)?.peer)).toEqual([id]);
    for (let guess = 0; guess < 10; guess++) device.sayBytes(writeFrame(guess, CHANNEL, { type: 'gone' }));
    expect(other.frames).toEqual([]);
    first.leave();
    expect(device.last('studio-left' as Said['kind'])).toEqual({ kind: 'studio-left', connection: peer });
  });

  test('hears what its devices are at', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    const device = lend({ code: withCode(first) });
    device.say({ kind: 'doing', text: 'x.onnx · benchmark · Timing 4 of 60' });
    expect(first.devices).toMatchObject([{ doing: 'x.onnx · benchmark · Timing 4 of 60' }]);
    device.leave();
    expect(first.devices).toMatchObject([{ doing: null }]);
  });
});

describe('what is no message ends the connection', () => {
  const malformed = { code: 4400, reason: 'That is no message of the relay.' };

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['an unknown kind', '{"kind":"open"}'],
    ['a kind of the prototype', '{"kind":"constructor"}'],
    ['a missing field', JSON.stringify({ kind: 'lend', version: 1, code: 'AAAA-AAAA', name: 'Phone' })],
    ['an empty name', JSON.stringify({ kind: 'lend', ...hello, name: '' })],
    ['cores that are none', JSON.stringify({ kind: 'lend', ...hello, capabilities: phoneCapabilities({ cores: 0 }) })],
    ['a short secret', JSON.stringify({ kind: 'studio', version: 1, studio: 'x' })],
    ['too long a text', JSON.stringify({ kind: 'lend', ...hello, code: ' '.repeat(20_000) })],
    ['a wish before it said who it is', '{"kind":"new-code"}'],
  ])('%s', (_, text) => {
    const { page } = make();
    expect(page().sayText(text).closed).toEqual(malformed);
  });

  test('a second hello, a frame before the first one, and frames that are too short or too long', () => {
    const { page, studio, lend, withCode } = make();
    const first = studio();
    expect(page().sayBytes(writeFrame(1, CHANNEL, { type: 'gone' })).closed).toEqual(malformed);
    for (const frame of [new Uint8Array(3), new Uint8Array(MAX_FRAME + 1)]) {
      const device = lend({ code: withCode(first) });
      expect(device.sayBytes(frame).closed).toEqual(malformed);
      expect(first.devices.at(-1)).toMatchObject({ session: null });
    }
    const device = lend({ code: withCode(first) });
    expect(device.say({ kind: 'lend', ...hello, code: withCode(first) }).closed).toEqual(malformed);
    expect(first.say({ kind: 'studio', version: 1, studio: 'secret-of-the-first-browser' }).closed).toEqual(malformed);
  });

  test('a page of another version is told to load again', () => {
    const { lend } = make();
    expect(lend({ code: 'AAAA-AAAA', version: 2 }).refusal).toBe('version');
  });
});

describe('connections', () => {
  test('that stay silent are ended: soon before they said who they are, after three beats once they have', () => {
    const { relay, page, studio } = make();
    const mute = page();
    const quiet = studio();
    const lively = studio();
    for (let beat = 0; beat < 4; beat++) {
      expect(quiet.closed).toBeNull();
      relay.beat();
      lively.say({ kind: 'beat' });
    }
    expect(mute.closed?.code).toBe(4408);
    expect(quiet.closed?.code).toBe(4408);
    expect(lively.closed).toBeNull();
  });

  test('are limited in number, and so are the devices of a studio', () => {
    const { page, studio, lend, withCode } = make();
    const first = studio();
    for (let i = 0; i < 16; i++) expect(lend({ code: withCode(first) }).refusal).toBeUndefined();
    expect(lend({ code: withCode(first) }).refusal).toBe('full');
    for (let i = 0; i < 47; i++) expect(page().closed).toBeNull();
    expect(page().refusal).toBe('full');
  });

  test('of a sender who floods a slow reader are ended', () => {
    const { studio, lend, withCode } = make();
    const first = studio();
    const device = lend({ code: withCode(first) });
    const [{ id } = { id: 0 }] = first.devices;
    device.buffered = 33 << 20;
    first.sayBytes(writeFrame(id, CHANNEL, { type: 'gone' }));
    expect(first.closed?.code).toBe(4413);
    expect(device.frames).toEqual([]);
  });
});
