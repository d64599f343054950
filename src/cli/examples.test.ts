import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, wordsOf } from '../testing/examples.ts';
import { madeSafetensors } from '../testing/tensor-files.ts';
import { shellIn } from '../testing/command-line.ts';
import { whittle } from '../testing/whittle.ts';
import { COMMANDS } from './commands.ts';

const SLOW = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-examples-'));
const home = process.cwd();
const SMALL = 'sample:digit-cnn?width=4&layers=1';

beforeAll(async () => {
  process.chdir(folder);
  mkdirSync('models');
  writeFileSync('weights.safetensors', madeSafetensors([{ name: 'w', dtype: 'F32', shape: [2, 3], bytes: 24 }]));
  for (const out of ['model.onnx', 'models/a.onnx', 'models/b.onnx']) {
    expect((await whittle('optimize', SMALL, '--pass', 'eliminate-identity', '-o', out)).code).toBe(0);
  }
}, SLOW);
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** In the order of the help: some use what an earlier one wrote. What is printed is held to its schema (`whittle`). */
const examples = COMMANDS.flatMap(({ name, examples }) => examples.map((example) => [example, name] as const));

describe('examples of the help and of docs/command-line.md', () => {
  it('are there for every command', () => expect(new Set(examples.map(([, name]) => name)).size).toBe(COMMANDS.length));

  it.each(examples)('%s', { timeout: SLOW }, async (example, name) => {
    const [program, command = '', ...rest] = wordsOf(example);
    expect([program, command]).toEqual(['whittle', name]);
    const argv = rest.includes('--json') ? rest : [...rest, '--json'];
    const { code, err, out } = await whittle(command, ...argv);
    expect(code, err + out).toBe(0);
    expect(() => JSON.parse(out) as unknown).not.toThrow();
  });
});

describe('docs/ci.md', () => {
  const page = readFileSync(new URL('../../docs/ci.md', import.meta.url), 'utf8');
  const blocks = blocksOf(page, 'sh');

  it('has blocks to run', () => expect(blocks.length).toBeGreaterThanOrEqual(3));

  it.each(blocks.map((block, i) => [i + 1, block] as const))('block %i runs', { timeout: SLOW }, (_, block) => {
    const { status, stderr, stdout } = shellIn(folder).run(block);
    expect(status, stderr + stdout).toBe(0);
    expect(stdout.length).toBeGreaterThan(10);
  });

  it('has a workflow that calls what there is', () => {
    const [workflow = ''] = blocksOf(page, 'yaml');
    const called = /whittle\.mjs check "models\/\*\*\/\*\.onnx"([^]*?)>/.exec(workflow)?.[1] ?? '';
    const known = Object.keys(COMMANDS.find(({ name }) => name === 'check')!.options);
    const used = Array.from(called.matchAll(/--([a-z-]+)/g), ([, option]) => option ?? '');
    expect(used.length).toBeGreaterThan(4);
    expect(used.filter((option) => option !== 'json' && !known.includes(option))).toEqual([]);
  });
});
