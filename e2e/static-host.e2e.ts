import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { expect, test } from '@playwright/test';
import { StudioPage } from './studio-page.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** A host that knows nothing of isolation headers, with the studio below a path of its own. */
function plainHost(base: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    const inside = path.startsWith(base) ? path.slice(base.length) || 'index.html' : null;
    const file = inside === null ? null : join('dist', normalize(inside));
    if (!file || !file.startsWith('dist') || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

test('the built folder works on a plain static host below any path, cross-origin isolated', async ({ page }) => {
  const base = '/tools/whittle/';
  const server = await plainHost(base);
  const { port } = server.address() as AddressInfo;
  const studio = new StudioPage(page);
  await page.goto(`http://127.0.0.1:${port}${base}`);
  await page.waitForFunction(() => globalThis.crossOriginIsolated);
  await expect(page.getByRole('button', { name: /Choose files/ })).toBeVisible();
  await studio.openSample('Residual CNN');
  await studio.look('Fold batch norm', 15);
  await studio.apply('Fold batch norm');
  await expect(studio.stop(1)).toContainText('agrees');
  server.closeAllConnections();
  server.close();
});
