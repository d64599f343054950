// Installs what is missing. Needs nothing but Node and npm: it runs before anything else is there.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { findChromium } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'node_modules', '.whittle-lock');

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  return result.status === 0;
}

export function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing packages …');
  // Not `npm ci`: it refuses a lock that leaves out optional binaries of platforms that a registry does not carry.
  if (!run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'])) {
    console.error('The packages could not be installed. Is the npm registry reachable? Then run the command again.');
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, lock);
}

/** The system's Chromium, else Playwright's own, else the system's package manager when root. */
function ensureChromium() {
  if (findChromium()) return;
  console.error('Installing Chromium for the browser tests …');
  if (run('npx', ['playwright', 'install', 'chromium']) && findChromium()) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-q'], { env });
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], { env });
  }
  if (!findChromium()) {
    console.error('No Chromium was found or could be installed. Set CHROMIUM_PATH to one and run the command again.');
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensurePackages();
  if (process.argv.includes('--browser')) ensureChromium();
}
