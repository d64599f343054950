import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const MARKER = '<meta name="whittle-relay" content="relay" />';

/** Says to the studio's page that its server has a relay: elsewhere it does not look for one. */
export const relayMarker = (): Plugin => ({
  name: 'whittle:relay-marker',
  configurePreviewServer(server) {
    const { build, preview, root } = server.config;
    const serve = async (response: ServerResponse): Promise<void> => {
      const page = await readFile(join(root, build.outDir, 'index.html'), 'utf8');
      for (const [name, value] of Object.entries(preview.headers ?? {})) response.setHeader(name, value ?? '');
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.setHeader('Cache-Control', 'no-cache');
      response.end(page.replace('</head>', `${MARKER}</head>`));
    };
    server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
      const isPage = /^\/(index\.html)?(\?|$)/.test(request.url ?? '');
      if (isPage && request.method === 'GET') serve(response).catch(next);
      else next();
    });
  },
});
