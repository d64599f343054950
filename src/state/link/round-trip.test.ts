import { deflateSync, strToU8 } from 'fflate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../base/json.ts';
import { CodedError } from '../../base/error.ts';
import type { Recipe, RecipeStep } from '../../recipe/types.ts';
import { reportFixture } from '../../report/fixture.ts';
import { decodeLink, encodeLink, fitLink, LONGEST_REPORT } from './codec.ts';
import { checksum, pack, unpack } from './packed.ts';
import { viewReport } from './report-view.ts';
import type { Link } from './types.ts';

const plain: Link = {
  model: { file: 'cnn.onnx', sha256: '9f2c'.repeat(16) },
  recipe: null,
  stop: 0,
  node: null,
  workspace: 'studio',
  overlay: 'operator',
  query: '',
  toggled: [],
};

// Lone halves of surrogate pairs are no text: JSON and UTF-8 do not carry them.
const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const key = fc.tuple(name, name, fc.nat()).map(([rule, place, hash]) => `${rule}:${place}:${hash.toString(16)}`);
const keys = fc.array(key, { maxLength: 120 });
const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme', noNegativeZero: true } as never) as fc.Arbitrary<Json>;
const step: fc.Arbitrary<RecipeStep> = fc
  .record({
    pass: fc.oneof(fc.constantFrom('fold-batch-norm', 'prune-channels'), name),
    options: fc.dictionary(name, json, { maxKeys: 5, noNullPrototype: true }),
    sites: fc.oneof(
      fc.constant('all' as const),
      keys,
      keys.map((except) => ({ except })),
    ),
  })
  .chain((known) =>
    fc
      .record(
        { decisions: fc.dictionary(key, json, { maxKeys: 6, noNullPrototype: true }), later: json },
        { requiredKeys: [] },
      )
      .map((more) => ({ ...more, ...known })),
  );
const recipe: fc.Arbitrary<Recipe> = fc.record({
  whittle: fc.constant(1 as const),
  name,
  backend: fc.constantFrom('wasm' as const, 'webgpu' as const, 'portable' as const),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
});

describe('200 random recipes', () => {
  it('come back as they were: any names, many sites, passes that nobody knows', () => {
    fc.assert(
      fc.property(recipe, (each) => {
        const link = { ...plain, recipe: each, stop: each.steps.length };
        expect(decodeLink(encodeLink(link))).toEqual(JSON.parse(JSON.stringify(link)));
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

/** As a person makes them: options, single sites switched off, what was decided. */
function long(steps: number): Recipe {
  const passes = ['fold-batch-norm', 'fuse-conv-activation', 'prune-channels', 'merge-transposes', 'set-attribute'];
  return {
    whittle: 1,
    backend: 'wasm',
    model: { sha256: '9f2c'.repeat(16), name: 'mobilenetv2-edge.onnx' },
    steps: Array.from({ length: steps }, (_, at): RecipeStep => {
      const pass = passes[at % passes.length]!;
      const place = (index: number): string =>
        `${pass}:/features.${index}/conv.${at % 3}/Conv_output_0:${(at * 7919 + index * 104729).toString(16)}`;
      return {
        pass,
        options: pass === 'prune-channels' ? { ratio: at / steps, importance: 'l2', roundTo: 8 } : {},
        sites: at % 3 === 0 ? { except: [place(1), place(2)] } : 'all',
        ...(pass === 'prune-channels' && { decisions: { [place(3)]: { kept: '/////wAAf38A', of: 96 } } }),
      };
    }),
  };
}

describe('a link with a recipe of 60 steps', () => {
  it('stays under 8 kB and leaves nothing out', () => {
    const { text, leftOut } = fitLink({ ...plain, recipe: long(60), stop: 60, node: '/features.3/conv.1/Conv' });
    expect(leftOut).toEqual([]);
    expect(text.length).toBeLessThan(8000);
    expect(decodeLink(text)?.recipe).toEqual(long(60));
  });
});

describe('a link with a report', () => {
  const report = viewReport(reportFixture())!;

  it('carries what the report says, without pictures and single runs', () => {
    const { text, leftOut } = fitLink({ ...plain, recipe: long(8), report });
    expect(leftOut).toEqual([]);
    expect(text.length).toBeLessThan(8000);
    const { report: there } = decodeLink(text)!;
    expect(there).toEqual(report);
    expect(there).toMatchObject({
      model: { name: 'mobilenetv2-edge.onnx' },
      before: { bytes: 14_180_000 },
      after: { nodes: 56 },
    });
    expect(there?.steps.map(({ title, verdict }) => [title, verdict])).toEqual([
      ['Fold batch norm', 'agrees'],
      ['Prune channels', ''],
    ]);
    expect(there?.bench[0]).toMatchObject({ ratio: 1.63, interval: [1.58, 1.68], verdict: 'faster' });
    expect(JSON.stringify(there)).not.toMatch(/samples|pictures/);
  });

  it('that would be too long says what it leaves out, the least first', () => {
    const steps = Array.from({ length: 400 }, (_, at) => ({
      ...report.steps[0]!,
      title: noise(at, 20),
      message: noise(at, 90),
    }));
    const some = fitLink({ ...plain, recipe: long(8), report: { ...report, steps } });
    expect(some.leftOut).toEqual(['device and limits of the report', 'what was said of each step']);
    expect(some.text.length).toBeLessThanOrEqual(LONGEST_REPORT);
    expect(decodeLink(some.text)?.report?.steps).toHaveLength(400);
    const none = fitLink({ ...plain, recipe: long(8), report: { ...report, title: noise(1, 40_000) } });
    expect(none.leftOut).toEqual(['the report']);
    expect(decodeLink(none.text)?.recipe?.steps).toHaveLength(8);
  });

  it('is read with fields that this version does not know, and without some that it knows', () => {
    const later = { ...reportFixture(), version: 9, galaxy: [1], verify: { verdict: 'agrees', spin: 2 }, bench: null };
    expect(viewReport(later)).toMatchObject({
      verify: { verdict: 'agrees', message: '' },
      bench: [],
      before: { nodes: 156 },
    });
    expect(viewReport({ model: { name: 'a' } })).toBeNull();
    expect(viewReport([1])).toBeNull();
  });
});

/** Text that hardly compresses. */
function noise(seed: number, length: number): string {
  let state = seed + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  }).join('');
}

describe('a fragment that is not whole', () => {
  const text = encodeLink({ ...plain, recipe: long(5), stop: 5 });
  const refusal = (fragment: string): string => {
    try {
      decodeLink(fragment);
      return '';
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      return (error as CodedError).message;
    }
  };

  it('is told as cut short, wherever that was', () => {
    for (let length = 4; length < text.length; length++) expect(refusal(text.slice(0, length))).toMatch(/cut short/);
  });

  it('is told as changed, whatever letter that was', () => {
    const from = text.indexOf('recipe=') + 'recipe='.length;
    fc.assert(
      fc.property(fc.integer({ min: from, max: text.length - 1 }), fc.constantFrom('A', 'z', '_'), (at, letter) => {
        fc.pre(text[at] !== letter);
        expect(refusal(text.slice(0, at) + letter + text.slice(at + 1))).toMatch(/changed|cut short/);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('may be written in other letters of the same meaning: mail programs do', () => {
    expect(decodeLink(text.replaceAll('.', '%2E'))).toEqual(decodeLink(text));
  });

  it('of a version that is not known says which', () => {
    expect(refusal(text.replace('v=2', 'v=3'))).toMatch(/version 3, and this studio reads versions up to 2/);
  });

  it.each([
    'v=2&sample=tiny',
    `v=1&file=a&sha256=12`,
    'v=1&sample=tiny&recipe=AAAA',
    `v=1&sample=tiny&node=${'x'.repeat(5_000_000)}`,
  ])('that is no link is refused with one sentence: %.40s', (fragment) =>
    expect(refusal(fragment)).toMatch(/^The link was not followed: .*\. Open the model by hand\.$/),
  );

  it('is never unpacked beyond its bound', () => {
    const bomb = btoa(String.fromCharCode(...deflateSync(strToU8(`"${'0'.repeat(20e6)}"`), { level: 9 })))
      .replaceAll('+', '-')
      .replaceAll('/', '_');
    const entries = [
      ['v', '2'],
      ['sample', 'tiny'],
      ['report', bomb],
    ] as const;
    const fragment = `${entries.map((entry) => entry.join('=')).join('&')}&check=${checksum(entries)}`;
    expect(bomb.length).toBeLessThan(100_000);
    expect(refusal(fragment)).toMatch(/report cannot be read/);
    expect(unpack(pack({ a: 'x'.repeat(1000) }), 500)).toBeNull();
  });
});
