import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whittle } from '../testing/whittle.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { schemaNames } from './schemas/published.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-exit-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => writeFileSync(at('broken.onnx'), new Uint8Array(300).fill(7)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a command needs beside its models, so that it comes to read them. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  sites: ['--pass', 'fold-batch-norm'],
  optimize: ['--recipe', 'clean', '-o', at('out.onnx')],
  check: ['--recipe', 'clean'],
  bisect: ['--recipe', 'clean'],
  tune: ['-o', at('out.onnx')],
  prune: ['--ratio', '0.5', '--dry-run'],
  train: ['--data', 'digits', '-o', at('out.onnx')],
  distill: ['--teacher', 'sample:digit-cnn', '--data', 'digits', '-o', at('out.onnx')],
  recover: ['--teacher', 'sample:digit-cnn', '--data', 'digits', '-o', at('out.onnx')],
  search: ['--data', 'digits', '--out', at('found')],
  supernet: ['--data', 'digits', '-o', at('out.onnx')],
  accuracy: ['--data', 'digits'],
  generate: ['--prompt', 'a'],
  sweep: ['--recipe', 'edge', '--step', 'prune-channels', '--option', 'ratio', '--values', '0.5'],
};
const OF_MODELS = COMMANDS.filter(({ positionals }) => /^(MODEL|STUDENT|A)/.test(positionals[0] ?? ''));

const called = ({ name, positionals }: Command, model: string): string[] => [
  name,
  ...positionals.filter((each) => !each.startsWith('[')).map(() => model),
  ...(NEEDS[name] ?? []),
];

describe('every command', () => {
  it.each(COMMANDS.map(({ name }) => name))(
    '%s does not know --no-such-option: 2, and says so as JSON',
    async (name) => {
      const { code, err, out } = await whittle(name, '--no-such-option', '--json');
      expect([code, err]).toEqual([2, expect.stringContaining("'--no-such-option'")]);
      expect(JSON.parse(out)).toMatchObject({ error: { code: 'bad-request' } });
    },
  );

  it.each(
    COMMANDS.flatMap(({ name, options }) => {
      const [first] = Object.entries(options).find(([, { type }]) => type === 'string') ?? [];
      return first === undefined ? [] : [[name, first] as const];
    }),
  )('%s wants a value for --%s: 2', async (name, option) => {
    const { code, err } = await whittle(name, `--${option}`);
    expect([code, err]).toEqual([2, expect.stringContaining(`--${option}`)]);
  });

  it.each(COMMANDS.map(({ name }) => name))('%s has help with examples, and a published schema', async (name) => {
    const { code, out } = await whittle(name, '--help');
    expect([code, out]).toEqual([0, expect.stringMatching(/For instance:\n {2}whittle /)]);
    expect(schemaNames()).toContain(name);
  });

  it('names its version, the one of the package, without a command', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as object & {
      version: string;
    };
    expect(await whittle('--version')).toMatchObject({ code: 0, out: `whittle ${version}\n`, err: '' });
    expect(await whittle('-V')).toMatchObject({ code: 0, out: `whittle ${version}\n` });
  });

  it('lists its commands with a line each', async () => {
    const { out } = await whittle('help');
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(130);
  });

  it('is there: the list of those about models is no empty one', () => expect(OF_MODELS.length).toBeGreaterThan(15));
});

describe('every command about models', () => {
  it.each(OF_MODELS.map((each) => [each.name, each] as const))(
    '%s: 1 for a file that is missing',
    async (_, command) => {
      const { code, err, out } = await whittle(...called(command, at('missing.onnx')));
      expect([code, err + out]).toEqual([1, expect.stringContaining('missing.onnx')]);
    },
  );

  it.each(OF_MODELS.map((each) => [each.name, each] as const))(
    '%s: 1 for a file that is no model',
    async (_, command) => {
      const { code, err, out } = await whittle(...called(command, at('broken.onnx')));
      expect(code).toBe(1);
      expect((err + out).length).toBeGreaterThan(10);
      expect(err + out).not.toMatch(/\n\s+at /);
    },
  );

  it.each(
    COMMANDS.flatMap((command) => {
      const writes = Object.entries(command.options).flatMap(([name, { writes }]) => (writes ? [name] : []));
      return [...(command.name === 'optimize' ? ['out', 'report', 'save-recipe'] : writes)].map(
        (option) => [command, option] as const,
      );
    }).map(([command, option]) => [command.name, option, command] as const),
  )('%s --%s: 2 for a place where nothing can be written', async (name, option, command) => {
    const place = at('no-such-folder/out');
    const { code, err } = await whittle(...called(command, 'sample:digit-cnn'), `--${option}`, place);
    expect([code, err]).toEqual([2, expect.stringContaining(`--${option} ${place} cannot be written`)]);
    expect(name).toBe(command.name);
  });
});

it('leaves nothing behind of what failed', () => {
  expect(readdirSync(folder).filter((name) => name.endsWith('.part') || name === 'out.onnx')).toEqual([]);
});
