// A bundled sample as the bytes of an ONNX file, for scripts that run outside the bundler.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

export async function writeSample(id) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false },
    appType: 'custom',
  });
  try {
    const { buildSample } = await server.ssrLoadModule('/src/samples/catalogue.ts');
    const { writeModel } = await server.ssrLoadModule('/src/onnx/write.ts');
    return writeModel(buildSample(id));
  } finally {
    await server.close();
  }
}
