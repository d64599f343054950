import { CodedError } from '../base/error.ts';

/** How the studio is served. */
export interface ServeOptions {
  /** Listens on the local network, too; by these names beside this machine's own. Null: on loopback only. */
  readonly host: readonly string[] | null;
  /** Plain http on the local network. */
  readonly http: boolean;
  readonly port: number;
  /** Builds the pages first. */
  readonly build: boolean;
}

export const USAGE = `npm start -- [--host [NAME]] [--http] [--port N] [--no-build]
  --host      let devices of the local network join, over https; NAME: a name that they know this machine by
  --http      plain http there: without threads and WebGPU on the device
  --port      of the studio, 4173 by default; the local network gets the port after it
  --no-build  serve what was built before`;

const wrong = (why: string): CodedError => new CodedError('bad-request', `${why}\n\n${USAGE}`);

function portOf(text: string | undefined): number {
  const port = Number(text);
  if (!/^\d+$/.test(text ?? '') || port < 1 || port > 65_534) {
    throw wrong(`A port is a number from 1 to 65534, not ${JSON.stringify(text ?? '')}.`);
  }
  return port;
}

const NAME = /^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/i;

/** Reads `npm start -- …`. Throws `bad-request` with the usage. */
export function parseServeArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ServeOptions {
  let host: string[] | null = null;
  let [http, build] = [false, true];
  let port = env['PORT'] ? portOf(env['PORT']) : 4173;
  const rest = args.flatMap((each) =>
    /^--\w+=/.test(each) ? [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)] : [each],
  );
  while (rest.length > 0) {
    const option = rest.shift();
    if (option === '--host') {
      host ??= [];
      if (rest[0] === undefined || rest[0].startsWith('--')) continue;
      const name = rest.shift() ?? '';
      if (!NAME.test(name)) throw wrong(`${JSON.stringify(name)} is no host name.`);
      host.push(name.toLowerCase());
    } else if (option === '--port') port = portOf(rest.shift());
    else if (option === '--http') http = true;
    else if (option === '--no-build') build = false;
    else throw wrong(`There is no option ${JSON.stringify(option)}.`);
  }
  if (http && !host) throw wrong('--http says how devices join: it needs --host beside it.');
  return { host, http, port, build };
}
