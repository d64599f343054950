import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the browser is told to find on this machine: for it, a name of the local network. */
export const NAME = 'studio.test';

/** The studio as `npm start -- --host` serves it, in a process of its own. */
export interface ServedStudio {
  /** On loopback. */
  readonly studio: string;
  /** The lending page under the mapped name. */
  readonly lend: string;
  /** Printed for the first device. */
  readonly code: string;
  /** The studio for other computers. */
  readonly elsewhere: string;
  end(): void;
}

const MATCHES = {
  studio: /Whittle is at (\S+)/,
  lend: new RegExp(`(https?://${NAME}:\\d+/lend)`),
  code: /Code: (\S+),/,
  elsewhere: /(https?:\S+#studio=\S+)/,
} as const;

export function serveStudio(port: number, ...options: readonly string[]): Promise<ServedStudio> {
  const args = ['scripts/start.mjs', '--host', NAME, '--no-build', '--port', String(port), ...options];
  const env = { ...process.env, WHITTLE_CACHE: mkdtempSync(join(tmpdir(), 'whittle-certificate-')) };
  const server: ChildProcess = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  return new Promise((resolve, reject) => {
    server.on('exit', (status) => reject(new Error(`The server ended with ${status}:\n${said}`)));
    server.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
      const found = Object.entries(MATCHES).map(([name, pattern]) => [name, pattern.exec(said)?.[1]]);
      if (found.some(([, value]) => value === undefined)) return;
      const told = Object.fromEntries(found) as Record<keyof typeof MATCHES, string>;
      resolve({ ...told, end: () => void server.kill() });
    });
  });
}

/** A network that can fail: passes bytes on to a port, until it is cut. */
export interface Network {
  /** The same address, by way of this network. */
  through(address: string): string;
  /** Ends every connection, and takes no new ones until it is mended. */
  cut(): void;
  mend(): void;
  end(): void;
}

export async function network(to: number): Promise<Network> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((from) => {
    if (isCut) return void from.destroy();
    const onward = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [from, onward],
      [onward, from],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    through(address) {
      const url = new URL(address);
      url.port = String(port);
      return url.href;
    },
    cut,
    mend: () => void (isCut = false),
    end() {
      cut();
      server.close();
    },
  };
}
