/** A request for the relay, as far as it says who asks. */
export interface Asking {
  /** The `Host` header. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly scheme: 'http' | 'https';
  /** Address of the other end of the connection. */
  readonly remoteAddress: string | undefined;
}

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/;
const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])$/;

function hostOf(header: string | undefined): { readonly name: string; readonly all: string } | null {
  if (header === undefined) return null;
  const match = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.exec(header.toLowerCase());
  return match?.[1] === undefined ? null : { name: match[1], all: match[0] };
}

/**
 * Why a connection to the relay is refused; null: it is not. Only pages that this server gave out may connect: their
 * origin is the address they ask at. A page of elsewhere whose name was bent to point here (DNS rebinding) asks at a name
 * that is not in `names`; addresses cannot be bent.
 */
export function refusalOf({ host, origin, scheme }: Asking, names: readonly string[]): string | null {
  const asked = hostOf(host);
  if (!asked) return 'The Host header is missing or no host.';
  if (!ADDRESS.test(asked.name) && !LOOPBACK_NAME.test(asked.name) && !names.includes(asked.name)) {
    return `This studio is not known as ${asked.name}. Start it with --host ${asked.name} if it should be.`;
  }
  const own = new URL(`${scheme}://${asked.all}`).origin;
  return origin?.toLowerCase() === own ? null : 'Only pages of this studio may connect.';
}

/** The page was opened on this machine, or comes through a port that a person forwarded to it. */
export const isOnLoopback = ({ host, remoteAddress }: Asking): boolean =>
  LOOPBACK_ADDRESS.test(remoteAddress ?? '') && LOOPBACK_NAME.test(hostOf(host)?.name ?? '');
