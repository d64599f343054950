import type { Endpoint } from '../protocol/wire.ts';
import { decode, encode } from './codec.ts';
import type { Link } from './link.ts';

type Listener = (event: MessageEvent) => void;

/** The messages of the protocol over a link. `deliver` is for whole messages of the link. */
export interface LinkEndpoint extends Endpoint {
  deliver(bytes: Uint8Array<ArrayBuffer>): void;
  /** As if the other side had said it. */
  say(message: unknown): void;
}

export function linkEndpoint(link: () => Link): LinkEndpoint {
  const listeners = new Set<Listener>();
  const say = (message: unknown): void => {
    const event = { data: message } as MessageEvent;
    for (const listener of listeners) listener(event);
  };
  return {
    postMessage: (message) => link().send(encode(message)),
    addEventListener: (_type, listener) => void listeners.add(listener),
    removeEventListener: (_type, listener) => void listeners.delete(listener),
    deliver: (bytes) => say(decode(bytes)),
    say,
  };
}
