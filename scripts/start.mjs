// Builds the studio and serves it on loopback with the headers that WASM threads need.
import { build, preview } from 'vite';

const port = Number(process.env.PORT ?? 4173);
console.log('Building the studio …');
await build({ logLevel: 'warn' });
const server = await preview({ preview: { host: '127.0.0.1', port, strictPort: false } });
const address = server.resolvedUrls?.local[0] ?? `http://127.0.0.1:${port}/`;
console.log(
  `\n  Whittle is at ${address}\n  Nothing is uploaded: the page works on your own machine. Ctrl+C ends it.\n`,
);
