import { describe, expect, it } from 'vitest';
import type { Site } from '../rewrite/pass.ts';
import type { NodeId } from '../ir/types.ts';
import { chooserFor, matchKeys } from './choice.ts';
import { parseRecipe, serializeRecipe, unknownPasses } from './parse.ts';
import { PRESET_NAMES, presetRecipe } from './presets.ts';
import { schedule } from './schedule.ts';
import type { Recipe } from './types.ts';

const site = (key: string): Site => ({ key, rule: 'r', anchor: 1 as NodeId, nodes: [], what: '' });

describe('the format', () => {
  const whole: Recipe = {
    whittle: 1,
    name: 'Mine',
    backend: 'webgpu',
    model: { sha256: 'a'.repeat(64), name: 'model.onnx' },
    untilStable: true,
    steps: [
      { pass: 'fold-constants', options: { value: 4 }, sites: 'all' },
      { pass: 'fold-batch-norm', options: {}, sites: { except: ['conv-bn:y:0'] } },
      { pass: 'eliminate-identity', options: {}, sites: ['identity:y:0'], decisions: { 'identity:y:0': [1, 2] } },
    ],
  };

  it('survives its text form', () => {
    expect(parseRecipe(serializeRecipe(whole))).toEqual(whole);
  });

  it('fills in what a short recipe leaves out', () => {
    expect(parseRecipe({ whittle: 1, steps: [{ pass: 'fold-batch-norm' }] })).toEqual({
      whittle: 1,
      steps: [{ pass: 'fold-batch-norm', options: {}, sites: 'all' }],
    });
  });

  it('keeps a pass that this build does not have, and names it', () => {
    const recipe = parseRecipe({ whittle: 1, steps: [{ pass: 'from-the-future', options: { depth: 3 } }] });
    expect(recipe.steps).toEqual([{ pass: 'from-the-future', options: { depth: 3 }, sites: 'all' }]);
    expect(unknownPasses(recipe)).toEqual([
      'Step 1 of the recipe names the pass "from-the-future", which this Whittle does not have.',
    ]);
  });

  it.each([
    ['{', /not JSON/],
    [[], /must be a JSON object/],
    [{ steps: [] }, /no recipe: the field "whittle"/],
    [{ whittle: 2, steps: [] }, /version 2; this Whittle reads version 1/],
    [{ whittle: 1 }, /needs "steps"/],
    [{ whittle: 1, steps: [{}] }, /Step 1 of the recipe needs "pass"/],
    [{ whittle: 1, backend: 'cuda', steps: [] }, /one of wasm, webgpu, portable, not "cuda"/],
    [{ whittle: 1, model: { sha256: 'abc' }, steps: [] }, /64 hexadecimal digits/],
    [{ whittle: 1, steps: [{ pass: 'fold-constants', options: { value: -1 } }] }, /"value".*from 0 to 1024, not -1/],
    [{ whittle: 1, steps: [{ pass: 'fold-constants', sites: 'some' }] }, /"sites" of step 1/],
    [{ whittle: 1, steps: [{ pass: 'fold-constants', sites: { except: [1] } }] }, /"sites" of step 1/],
  ])('refuses %j', (source, message) => {
    expect(() => parseRecipe(source)).toThrow(message);
  });
});

describe('sites are found again', () => {
  it('by key, then by name, then by a hash that is unique', () => {
    const [same, renamed, changed] = [site('r:a:1'), site('r:new:2'), site('r:c:9')];
    const found = matchKeys(['r:a:1', 'r:old:2', 'r:c:3'], [same, renamed, changed]);
    expect([...found]).toEqual([
      ['r:a:1', same],
      ['r:c:3', changed],
      ['r:old:2', renamed],
    ]);
  });

  it('not by a hash that two sites share, nor under another rule', () => {
    expect(matchKeys(['r:old:2'], [site('r:a:2'), site('r:b:2')]).size).toBe(0);
    expect(matchKeys(['q:a:2'], [site('r:a:2')]).size).toBe(0);
  });

  it('as the list says, in the order of the graph; what is missing is lost', () => {
    const chooser = chooserFor(['r:b:2', 'r:gone:7', 'r:a:1']);
    const [a, b, c] = [site('r:a:1'), site('r:b:2'), site('r:c:3')];
    expect(chooser.choose([a, b, c])).toEqual([
      { site: a, key: 'r:a:1' },
      { site: b, key: 'r:b:2' },
    ]);
    expect(chooser.lost()).toEqual(['r:gone:7']);
    expect(chooser.choose([a, c])).toEqual([]);
  });

  it('but for those excepted', () => {
    const chooser = chooserFor({ except: ['r:a:1', 'r:gone:7'] });
    const [a, b] = [site('r:a:1'), site('r:b:2')];
    expect(chooser.choose([a, b])).toEqual([{ site: b, key: 'r:b:2' }]);
    expect(chooser.choose([a])).toEqual([]);
    expect(chooser.lost()).toEqual(['r:gone:7']);
  });
});

describe('presets', () => {
  it('are valid recipes', () => {
    expect(PRESET_NAMES).toEqual(['clean', 'portable', 'wasm', 'webgpu', 'edge']);
    for (const name of PRESET_NAMES)
      expect(parseRecipe(serializeRecipe(presetRecipe(name)))).toEqual(presetRecipe(name));
  });

  it('freeze first, and hold only ai.onnx where portable', () => {
    for (const name of PRESET_NAMES) expect(presetRecipe(name).steps[0]?.pass).toBe('freeze-initializers');
    const portable = presetRecipe('portable');
    expect(portable.backend).toBe('portable');
    expect(portable.steps.map((step) => step.pass)).not.toContain('fuse-conv-activation');
  });

  it('are made for the backend that is asked for, where they are for any', () => {
    expect(presetRecipe('clean', 'webgpu').backend).toBe('webgpu');
    expect(presetRecipe('webgpu', 'wasm').backend).toBe('webgpu');
  });

  it('name the known ones in an error', () => {
    expect(() => presetRecipe('fast')).toThrow(/no preset "fast".*clean/);
  });
});

/** The passes whose turn it was; `+` marks later sweeps. */
const run = (recipe: Recipe, changes: (turn: number, pass: string) => boolean): string[] => {
  const seen: string[] = [];
  const turns = schedule(recipe);
  for (let turn = turns.next(); !turn.done; turn = turns.next(changes(seen.length - 1, turn.value.step.pass))) {
    seen.push(`${turn.value.again ? '+' : ''}${turn.value.step.pass}`);
  }
  return seen;
};

describe('the schedule', () => {
  const steps = ['eliminate-identity', 'fold-batch-norm', 'prune-channels'].map((pass) => ({
    pass,
    options: {},
    sites: 'all' as const,
  }));

  it('runs each step once in a plain recipe', () => {
    expect(run({ whittle: 1, steps }, () => true)).toEqual(['eliminate-identity', 'fold-batch-norm', 'prune-channels']);
  });

  it('sweeps clean-up and fusion until each has run without a change, and prunes once', () => {
    const recipe: Recipe = { whittle: 1, untilStable: true, steps };
    expect(run(recipe, (turn) => turn === 0)).toEqual([
      'eliminate-identity',
      'fold-batch-norm',
      '+eliminate-identity',
      'prune-channels',
    ]);
    expect(run(recipe, (turn) => turn === 1)).toEqual([
      'eliminate-identity',
      'fold-batch-norm',
      '+eliminate-identity',
      '+fold-batch-norm',
      'prune-channels',
    ]);
    expect(run(recipe, () => true)).toHaveLength(8 * 2 + 1);
  });
});
