import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { MAX_FRAME } from '../remote/frame.ts';
import { isOnLoopback, refusalOf, type Asking } from './origin.ts';
import type { Relay } from './relay.ts';

/** ms. */
const BEAT_EVERY = 5000;
export const RELAY_PATH = '/relay';

interface Served {
  readonly server: HttpServer | HttpsServer;
  readonly scheme: 'http' | 'https';
}

function refuse(socket: Duplex, status: string, why: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${why}\n`);
}

function join(relay: Relay, socket: WebSocket, asking: Asking): void {
  const connection = relay.connect(
    {
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
      get buffered() {
        return socket.bufferedAmount;
      },
    },
    { address: asking.remoteAddress ?? '', trusted: isOnLoopback(asking) },
  );
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) connection.bytes(bytes);
    else connection.text(bytes.toString('utf8'));
  });
  socket.on('close', () => connection.closed());
  // Frames that break the protocol or are too large: `ws` closes the connection with the reason, and `close` follows.
  socket.on('error', () => {});
}

/** Serves the relay at `/relay` of these servers, to pages that they gave out. The result ends it. */
export function serveRelay(relay: Relay, servers: readonly Served[], names: readonly string[]): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false });
  for (const { server, scheme } of servers) {
    server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (new URL(request.url ?? '/', 'http://relay').pathname !== RELAY_PATH) {
        return refuse(socket, '404 Not Found', 'There is no such socket.');
      }
      const { host, origin } = request.headers;
      const asking = { host, origin, scheme, remoteAddress: request.socket.remoteAddress };
      const why = refusalOf(asking, names);
      if (why !== null) return refuse(socket, '403 Forbidden', why);
      sockets.handleUpgrade(request, socket, head, (webSocket) => join(relay, webSocket, asking));
    });
  }
  const timer = setInterval(() => relay.beat(), BEAT_EVERY);
  return () => {
    clearInterval(timer);
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
}
