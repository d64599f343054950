// Writes what is generated in docs: the page on the command line and the JSON Schemas of its results.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { withSource } from './source.mjs';

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const folder = join(docs, 'schema');

await withSource(async (load) => {
  const { commandLinePage, schemaFiles } = await load('/src/cli/documentation.ts');
  const { COMMANDS } = await load('/src/cli/commands.ts');
  writeFileSync(join(docs, 'command-line.md'), commandLinePage(COMMANDS));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of schemaFiles()) writeFileSync(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);
});
spawnSync('npx', ['--no-install', 'oxfmt', docs], { stdio: 'inherit' });
