import type { Capabilities } from '../runtime/types.ts';

/** Another number: page and server are of different versions, and the server says so. */
export const RELAY_VERSION = 1;

/** Text frames are JSON, one of these; binary frames are those of `frame.ts`. */
export const MAX_TEXT = 16 << 10;
export const MAX_NAME = 40;
const MAX_LONG = 600;

/** Either side: it is still there. Whoever gets one from the relay sends one back. */
export interface Beat {
  readonly kind: 'beat';
}

/** A page that lends its device: for the first time with a code, after that with the token it was given. */
export interface LendHello {
  readonly kind: 'lend';
  readonly version: number;
  readonly code?: string;
  readonly token?: string;
  readonly name: string;
  readonly capabilities: Capabilities;
}
/** A studio: `studio` is a secret of its browser, by which it finds its devices again. */
export interface StudioHello {
  readonly kind: 'studio';
  readonly version: number;
  readonly studio: string;
  /** Printed by the server at its start; pages on the server's own machine need none. */
  readonly token?: string;
}

/** What the device is at, in words; null: it waits. */
export interface Doing {
  readonly kind: 'doing';
  readonly text: string | null;
}
export type FromDevice = LendHello | Doing | { readonly kind: 'leave' } | Beat;
export type FromStudio =
  | StudioHello
  | { readonly kind: 'new-code' }
  | { readonly kind: 'rename'; readonly device: number; readonly name: string }
  | { readonly kind: 'remove'; readonly device: number }
  | Beat;

export interface LentDevice {
  readonly id: number;
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Counts its connections; null: it is away. */
  readonly session: number | null;
  readonly doing: string | null;
}

/** Where a device joins, and what its browser will say. */
export interface JoinInfo {
  /** The server listens on the local network. */
  readonly open: boolean;
  /** Addresses of the lending page, the likeliest first; on loopback alone: for USB port forwarding. */
  readonly addresses: readonly string[];
  /** SHA-256 of the server's own certificate; null: plain http. */
  readonly fingerprint: string | null;
}

export interface JoinCode {
  readonly code: string;
  /** ms from now. */
  readonly expiresIn: number;
}

export type RefusalCode =
  | 'wrong-code'
  | 'too-many'
  | 'unknown-token'
  | 'not-allowed'
  | 'version'
  | 'malformed'
  | 'full';
export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}
export type ToDevice =
  | { readonly kind: 'joined'; readonly token: string; readonly name: string }
  | { readonly kind: 'renamed'; readonly name: string }
  | { readonly kind: 'removed' }
  /** A page of the studio went: its calls may be given up. */
  | { readonly kind: 'studio-left'; readonly connection: number }
  | Refused
  | Beat;
export type ToStudio =
  | { readonly kind: 'welcome'; readonly join: JoinInfo }
  | { readonly kind: 'code'; readonly code: JoinCode | null }
  | { readonly kind: 'devices'; readonly devices: readonly LentDevice[] }
  | Refused
  | Beat;

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown, most: number, least = 0): value is string =>
  typeof value === 'string' && value.length >= least && value.length <= most;
const isMaybe = (value: unknown, check: (value: unknown) => boolean): boolean => value === undefined || check(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isCapabilities(value: unknown): value is Capabilities {
  if (!isFields(value)) return false;
  const { webgpu } = value;
  const isAdapter =
    webgpu === null ||
    (isFields(webgpu) &&
      isText(webgpu['adapter'], MAX_LONG) &&
      typeof webgpu['f16'] === 'boolean' &&
      typeof webgpu['software'] === 'boolean');
  const { cores, maxThreads, timerStep } = value;
  return (
    isAdapter &&
    value['environment'] === 'browser' &&
    isText(value['agent'], MAX_LONG) &&
    isText(value['runtimeVersion'], MAX_LONG) &&
    (value['webgpuReason'] === null || isText(value['webgpuReason'], MAX_LONG)) &&
    [cores, maxThreads].every((count) => isNumber(count) && count >= 1 && count <= 4096) &&
    isNumber(timerStep) &&
    typeof value['crossOriginIsolated'] === 'boolean' &&
    typeof value['simd'] === 'boolean'
  );
}

type Checks = Readonly<Record<string, (message: Fields) => boolean>>;

const isId = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isSecret = (value: unknown): boolean => isText(value, 64, 16);

const DEVICE_SAYS: Checks = {
  beat: () => true,
  leave: () => true,
  doing: ({ text }) => text === null || isText(text, 200),
  lend: (message) =>
    isNumber(message['version']) &&
    isText(message['name'], MAX_NAME, 1) &&
    isMaybe(message['code'], (code) => isText(code, 32)) &&
    isMaybe(message['token'], isSecret) &&
    isCapabilities(message['capabilities']),
};
const STUDIO_SAYS: Checks = {
  beat: () => true,
  'new-code': () => true,
  rename: ({ device, name }) => isId(device) && isText(name, MAX_NAME, 1),
  remove: ({ device }) => isId(device),
  studio: (message) =>
    isNumber(message['version']) &&
    isSecret(message['studio']) &&
    isMaybe(message['token'], (token) => isText(token, 64)),
};

function parse(text: string, checks: Checks): Fields | null {
  if (text.length > MAX_TEXT) return null;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(message) || typeof message['kind'] !== 'string') return null;
  return Object.hasOwn(checks, message['kind']) && checks[message['kind']]?.(message) ? message : null;
}

/** Null: it is none of the messages, or a field is missing, too long or of another type. */
export const parseFromDevice = (text: string): FromDevice | null => parse(text, DEVICE_SAYS) as FromDevice | null;
export const parseFromStudio = (text: string): FromStudio | null => parse(text, STUDIO_SAYS) as FromStudio | null;
