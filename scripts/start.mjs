// Builds the studio and serves it with the headers that WASM threads need: on loopback, and with --host to devices of
// the local network.
import { build } from 'vite';
import { withSource } from './source.mjs';

await withSource(async (load) => {
  const { parseServeArguments } = await load('/src/serve/arguments.ts');
  const { serveStudio } = await load('/src/serve/studio-server.ts');
  try {
    const options = parseServeArguments(process.argv.slice(2), process.env);
    if (options.build) {
      console.log('Building the studio …');
      await build({ logLevel: 'warn' });
    }
    console.log(await serveStudio(options));
  } catch (error) {
    if (error.code !== 'bad-request') throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
});
