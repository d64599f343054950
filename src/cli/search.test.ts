import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whittle } from '../testing/whittle.ts';

const SLOW = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-search-'));
const out = join(folder, 'search');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly front: readonly {
    readonly genome: readonly number[];
    readonly latency: number | null;
    readonly fidelity: number;
    readonly bytes: number;
    readonly macs: number;
    readonly recipe: string;
  }[];
  readonly hypervolume: number;
  readonly quality: string;
  readonly evaluations: number;
  readonly cached: number;
  readonly points: readonly { readonly genome: readonly number[] }[];
}

const ASKED = ['sample:digit-cnn', '--data', 'digits', '--samples', '40', '--objectives', 'macs,quality'];
const search = (...more: string[]) => whittle('search', ...ASKED, '--out', out, '--json', ...more);

describe('whittle search', () => {
  let first: Told;
  beforeAll(async () => {
    const { code, out: printed } = await search('--evaluations', '10', '--seed', '2');
    expect(code).toBe(0);
    first = JSON.parse(printed) as Told;
  }, SLOW);

  it('prints a front from the smallest to the model itself, and its hypervolume', () => {
    expect(first.quality).toBe('accuracy');
    expect(first.evaluations).toBe(10);
    expect(first.hypervolume).toBeGreaterThan(0);
    expect(first.hypervolume).toBeLessThan(1);
    const { front } = first;
    expect(front.length).toBeGreaterThan(1);
    const rising = (list: readonly number[]) => expect(list).toEqual([...list].sort((a, b) => a - b));
    rising(front.map(({ macs }) => macs));
    rising(front.map(({ fidelity }) => fidelity));
    expect(front.every(({ latency }) => latency === null)).toBe(true);
  });

  it(
    'writes a recipe for each of the front, which makes a model of the size that was told',
    async () => {
      const [smallest] = first.front;
      const model = join(folder, 'small.onnx');
      const { code } = await whittle('optimize', 'sample:digit-cnn', '--recipe', smallest!.recipe, '-o', model);
      expect(code).toBe(0);
      expect(statSync(model).size).toBe(smallest!.bytes);
    },
    SLOW,
  );

  it(
    'goes on from what it has found, and finds the same',
    async () => {
      const before = readdirSync(join(out, 'findings')).length;
      const { out: printed } = await search('--evaluations', '10', '--seed', '2');
      const again = JSON.parse(printed) as Told;
      expect(again.cached).toBe(10);
      expect(again.points.map(({ genome }) => genome)).toEqual(first.points.map(({ genome }) => genome));
      expect(readdirSync(join(out, 'findings'))).toHaveLength(before);
    },
    SLOW,
  );

  it(
    'a finding that was broken off is found out again',
    async () => {
      const findings = join(out, 'findings');
      const broken = readdirSync(findings).find((name) =>
        readFileSync(join(findings, name), 'utf8').includes('agreement'),
      );
      writeFileSync(join(findings, broken!), '{"quality": {"agree');
      const { code, out: printed } = await search('--evaluations', '10', '--seed', '2');
      expect(code).toBe(0);
      expect((JSON.parse(printed) as Told).cached).toBe(9);
    },
    SLOW,
  );
});

describe('whittle evaluate', () => {
  it(
    'judges one sub-network of a search, and knows it the second time',
    async () => {
      const { out: printed } = await search('--evaluations', '3');
      const genome = (JSON.parse(printed) as Told).points[0]!.genome.map((choice) => Math.max(0, choice - 1)).join('.');
      const ask = async () =>
        JSON.parse((await whittle('evaluate', out, '--genome', genome, '--json')).out) as {
          key: string;
          cached: boolean;
          bytes: number;
        };
      const [one, two] = [await ask(), await ask()];
      expect(one.cached).toBe(false);
      expect(two).toEqual({ ...one, cached: true });
    },
    SLOW,
  );

  it(
    'refuses what is no genome, and a folder that holds no search',
    async () => {
      const odd = await whittle('evaluate', out, '--genome', '1.2');
      expect(odd.code).toBe(2);
      expect(odd.err).toContain('one index for each gene');
      const none = await whittle('evaluate', join(folder, 'none'), '--genome', '1');
      expect(none.code).toBe(1);
      expect(none.err).toContain('Give the folder of a search');
    },
    SLOW,
  );
});

describe('what is asked wrongly', () => {
  it.each([
    [['search', 'sample:digit-cnn', '--out', out], '--data is missing'],
    [['search', ...ASKED], '--out is missing'],
    [['search', ...ASKED, '--out', out, '--max-latency', 'fast'], '--max-latency wants a number'],
    [['search', ...ASKED, '--out', out, '--kinds', 'colour'], '--kinds is of width'],
    [['search', ...ASKED, '--out', out, '--shares', '2'], '--shares wants numbers up to 1'],
  ])('%j', async (args, reason) => {
    const { code, err } = await whittle(...args);
    expect(code).toBe(2);
    expect(err).toContain(reason);
  });
});
