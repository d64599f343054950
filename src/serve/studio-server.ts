import { randomBytes } from 'node:crypto';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname, homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { preview } from 'vite';
import { CodedError } from '../base/error.ts';
import type { JoinInfo } from '../remote/messages.ts';
import { hostNames, lanAddresses } from './addresses.ts';
import { announcement } from './announce.ts';
import type { ServeOptions } from './arguments.ts';
import { ownCertificate, type Certificate } from './certificate.ts';
import { relayMarker } from './marker.ts';
import { Relay } from './relay.ts';
import { serveRelay } from './relay-sockets.ts';

/** Where programs keep what they can make again. */
function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env['WHITTLE_CACHE']) return env['WHITTLE_CACHE'];
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'whittle');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'whittle');
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'whittle');
}

/** On all interfaces; on any free port where the wanted one is taken. */
async function listen(server: Server, wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const isListening = await new Promise<boolean>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void =>
        error.code === 'EADDRINUSE' && port !== 0 ? resolve(false) : reject(error);
      server.once('error', onError);
      server.listen(port, '0.0.0.0', () => {
        server.off('error', onError);
        resolve(true);
      });
    });
    if (isListening) return (server.address() as AddressInfo).port;
  }
  throw new CodedError('internal', 'No port is free.');
}

interface Lan {
  readonly server: Server;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly certificate: Certificate | null;
}

type Listener = Parameters<typeof createHttp>[1];

async function serveLan({ http, port }: ServeOptions, names: readonly string[], pages: Listener): Promise<Lan> {
  if (http) {
    const server = createHttp(pages);
    return { server, port: await listen(server, port + 1), scheme: 'http', certificate: null };
  }
  const certificate = await ownCertificate(cacheFolder(process.env), names, Date.now());
  const server = createHttps({ key: certificate.key, cert: certificate.cert }, pages) as unknown as Server;
  return { server, port: await listen(server, port + 1), scheme: 'https', certificate };
}

/**
 * Serves the built pages and the relay: on loopback over plain http, which browsers trust there, and with `host` on the
 * local network, too, at the next port. Gives back what the terminal is to say.
 */
export async function serveStudio(options: ServeOptions): Promise<string> {
  const own = options.host ?? [];
  const addresses = options.host ? lanAddresses(networkInterfaces()) : [];
  const names = options.host ? [...own, ...hostNames(hostname())] : [];
  const { port } = options;
  const pages = await preview({
    plugins: [relayMarker()],
    preview: { host: '127.0.0.1', port, strictPort: false, cors: false, allowedHosts: [...names] },
  });
  const studio = pages.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`;
  const lan = options.host ? await serveLan(options, [...new Set([...addresses, ...names])], pages.middlewares) : null;
  const hosts = [...own, ...addresses, ...(own.length + addresses.length > 0 ? [] : names.slice(-1))];
  const base = (host: string): string => (lan ? `${lan.scheme}://${host}:${lan.port}/` : studio);
  const info: JoinInfo = {
    open: lan !== null,
    addresses: lan ? hosts.map((host) => `${base(host)}lend`) : [`http://localhost:${new URL(studio).port}/lend`],
    fingerprint: lan?.certificate?.fingerprint ?? null,
  };
  const token = randomBytes(24).toString('base64url');
  const relay = new Relay(info, token);
  const served = [{ server: pages.httpServer as Server, scheme: 'http' as const }, ...(lan ? [lan] : [])];
  serveRelay(relay, served, names);
  const [first] = hosts;
  const elsewhere = lan && first !== undefined ? `${base(first)}#studio=${token}` : null;
  return announcement({ studio, join: info, code: relay.firstCode(), elsewhere });
}
