import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { passInfos } from '../engine/catalogue.ts';
import { whittle } from '../testing/whittle.ts';
import { COMMANDS } from './commands.ts';
import { COMMON } from './help.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-completion-'));
const script = join(folder, 'whittle.bash');

beforeAll(async () => {
  const { code, out } = await whittle('completion', 'bash');
  expect(code).toBe(0);
  writeFileSync(script, out);
  writeFileSync(join(folder, 'a model.onnx'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const program = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _whittle; printf "%s\\n" "${COMPREPLY[@]}"';
  const out = execFileSync('bash', ['-c', program, script, 'whittle', ...words], { cwd: folder, encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it('offers every command', () => {
    expect(offered('')).toEqual(['help', ...COMMANDS.map(({ name }) => name)]);
    expect(offered('op')).toEqual(['optimize', 'optimizers']);
  });

  it.each(COMMANDS.map((command) => [command.name, command] as const))('offers every option of %s', (name, command) => {
    const options = Object.keys({ ...command.options, ...COMMON }).map((option) => `--${option}`);
    expect(offered(name, '--').toSorted()).toEqual(options.toSorted());
  });

  it('offers the choices of an option, passes and presets', () => {
    expect(offered('bench', '--level', '')).toEqual(['disabled', 'basic', 'extended', 'layout', 'all']);
    expect(offered('sites', 'm.onnx', '--pass', 'fold-')).toEqual(
      passInfos()
        .map(({ id }) => id)
        .filter((id) => id.startsWith('fold-')),
    );
    expect(offered('check', 'm.onnx', '--recipe', 'w')).toEqual(
      expect.arrayContaining(['wasm', 'webgpu', 'whittle.bash']),
    );
  });

  it('offers files where one is wanted, and words where one of a few is', () => {
    expect(offered('inspect', '')).toEqual(expect.arrayContaining(['whittle.bash']));
    expect(offered('optimize', 'm.onnx', '-o', 'whi')).toEqual(['whittle.bash']);
    expect(offered('kv', '')).toEqual(['report', 'apply', 'perplexity', 'needle', 'export', 'simulate']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('bench', '--runs', '')).toEqual([]);
  });
});

describe('completion in other shells', () => {
  it.each(['zsh', 'fish'])(
    'names every command and option for %s, and parses where that is installed',
    async (shell) => {
      const { code, out } = await whittle('completion', shell);
      expect(code).toBe(0);
      for (const { name, options } of COMMANDS) {
        expect(out).toContain(name);
        for (const option of Object.keys(options))
          expect(out).toContain(shell === 'zsh' ? `--${option}[` : `-l ${option}`);
      }
      const parsed = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
      if (parsed.error) console.warn(`${shell} is not installed: its completion was not parsed.`);
      else expect([parsed.status, parsed.stderr]).toEqual([0, '']);
    },
  );

  it('is none for another shell', async () => {
    const { code, err } = await whittle('completion', 'csh');
    expect([code, err]).toEqual([2, expect.stringContaining('not csh')]);
  });
});
