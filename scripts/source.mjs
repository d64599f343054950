// The source for scripts that run outside the bundler.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/** `run` gets what loads a module by its path from the root, as `/src/onnx/read.ts`. */
export async function withSource(run) {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false },
    appType: 'custom',
  });
  try {
    return await run((path) => server.ssrLoadModule(path));
  } finally {
    await server.close();
  }
}
