import { describe, expect, it } from 'vitest';
import { CodedError } from '../base/error.ts';
import { createJob, type Progress } from '../base/job.ts';
import { buildModel } from '../testing/build.ts';
import { siteKey, parseSiteKey } from './hash.ts';
import type { Node } from '../ir/model.ts';
import type { ValueId } from '../ir/types.ts';
import { bypass, type Build } from './build.ts';
import type { OptionSpec, Pass } from './pass.ts';
import { any, node, op } from './pattern.ts';
import { rule, rulePass, type RulePassParts } from './rule.ts';
import { resolveOptions, unavailable } from './options.ts';
import { findSites, runPass } from './run.ts';

const removeNeg = rule({
  name: 'neg',
  captures: { x: any, neg: node },
  pattern: (c) => op('Neg', [c.x], { as: c.neg }),
  what: () => 'Removes it.',
  apply: (m, { model }) => bypass(model, m.neg, m.neg.outputs[0]!, m.x),
});

/** A rule over Neg nodes that does something at each. */
const negRule = (name: string, apply: (m: { x: ValueId; neg: Node }, build: Build) => void) =>
  rule({
    name,
    captures: { x: any, neg: node },
    pattern: (c) => op('Neg', [c.x], { as: c.neg }),
    what: () => 'Does something.',
    apply,
  });

const pass = (parts: Partial<RulePassParts> = {}): Pass =>
  rulePass({
    id: 'test-pass',
    group: 'cleanup',
    title: 'Test',
    why: 'For tests.',
    options: {},
    preserves: 'bits',
    needs: [],
    backends: ['wasm', 'webgpu'],
    repeats: false,
    rules: [removeNeg],
    ...parts,
  });

const chain = (length = 3) =>
  buildModel({}, (g) => {
    let x = g.op('Relu', [g.input('x', [2])]);
    for (let i = 0; i < length; i++) x = g.op('Neg', [x], {}, { name: `neg${i}` });
    g.output(g.op('Exp', [x]), 'y');
  });

describe('runPass', () => {
  it('counts what it removed and added, and lists what is off and lost', async () => {
    const model = chain();
    const { sites } = await findSites(model, pass(), { backend: 'wasm' });
    const result = await runPass(model, pass(), {
      backend: 'wasm',
      chooser: {
        choose: (found) => found.slice(1).map((site) => ({ site, key: site.key })),
        lost: () => ['neg:gone:00000000'],
      },
    });
    expect(result).toMatchObject({ removed: 2, added: 0, off: [sites[0]!.key], lost: ['neg:gone:00000000'] });
    expect(model.nodes.size).toBe(3);
  });

  it('wraps a failing rewrite in an error that names pass, site and node', async () => {
    const failing = negRule('fails', () => {
      throw new Error('boom');
    });
    const error = await runPass(chain(1), pass({ rules: [failing] }), { backend: 'wasm' }).catch(
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({
      code: 'pass-failed',
      message: 'Test failed at Neg neg0: boom',
      data: { pass: 'test-pass', node: 'Neg neg0', site: expect.stringMatching(/^fails:/) },
    });
  });

  it('verifies the structure after a round: a rewrite that breaks it is an error', async () => {
    const breaking = negRule('breaks', (_, { model }) => void model.getValue(model.graph.inputs[0]!).uses.splice(0));
    await expect(runPass(chain(1), pass({ rules: [breaking] }), { backend: 'wasm' })).rejects.toMatchObject({
      code: 'pass-failed',
    });
  });

  it('finds again while a repeating pass changes something, and stops a pass that goes on for ever', async () => {
    const model = chain(1);
    const forever = negRule('forever', (m, build) => build.take(m.neg.outputs[0]!, build.node('Neg', [m.x])));
    const once = await runPass(chain(1), pass({ rules: [forever] }), { backend: 'wasm' });
    expect(once.applied).toHaveLength(1);
    const often = await runPass(model, pass({ rules: [forever], repeats: true }), { backend: 'wasm' });
    expect(often.applied).toHaveLength(64);
    expect(model.nodes.size).toBe(3);
  });

  it('records ancestors through several rewrites', async () => {
    const model = chain(1);
    const neg = [...model.nodes.values()].find((each) => each.opType === 'Neg')!;
    const again = negRule('again', (m, build) => build.take(m.neg.outputs[0]!, build.node('Neg', [m.x])));
    for (const step of ['s1', 's2']) await runPass(model, pass({ rules: [again] }), { backend: 'wasm', step });
    const made = [...model.nodes.values()].find((each) => each.opType === 'Neg')!;
    expect(made).toMatchObject({ ancestors: [neg.id], madeBy: 's2/again', name: 'neg0:again' });
  });

  it('tells its progress and stops when cancelled', async () => {
    const seen: Progress[] = [];
    const controller = new AbortController();
    const job = createJob(controller.signal, (progress) => {
      seen.push(progress);
      controller.abort();
    });
    await expect(runPass(chain(), pass(), { backend: 'wasm', job })).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen[0]).toEqual({ stage: 'Test', done: 0, total: 3 });
  });

  it('refuses a backend that the pass is not for', async () => {
    expect(unavailable(pass(), 'wasm')).toBeNull();
    await expect(runPass(chain(), pass(), { backend: 'portable' })).rejects.toMatchObject({ code: 'bad-request' });
  });
});

describe('options', () => {
  const number: OptionSpec = { type: 'number', default: 2, min: 0, max: 8, label: 'Number' };
  const choice: OptionSpec = { type: 'choice', default: 'a', label: 'Choice', choices: [{ value: 'a', label: 'A' }] };
  const flag: OptionSpec = { type: 'boolean', default: false, label: 'Flag' };
  const with_ = pass({ options: { number, choice, flag } });

  it('fills in defaults', () => {
    expect(resolveOptions(with_, { number: 3 })).toEqual({ number: 3, choice: 'a', flag: false });
  });

  it.each([
    [{ number: 9 }, 'Option "number" of test-pass must be a number from 0 to 8, not 9.'],
    [{ number: '3' }, 'Option "number" of test-pass must be a number from 0 to 8, not "3".'],
    [{ choice: 'b' }, 'Option "choice" of test-pass must be one of a, not "b".'],
    [{ flag: 1 }, 'Option "flag" of test-pass must be true or false, not 1.'],
    [{ other: 1 }, 'test-pass has no option "other". Its options: number, choice, flag.'],
  ])('refuses %o', (given, message) => {
    expect(() => resolveOptions(with_, given)).toThrow(message);
  });
});

const keyOf = (build: { name: string; alpha: number }) => {
  const model = buildModel({}, (g) => {
    g.output(g.op('LeakyRelu', [g.input('x', [2])], { alpha: build.alpha }, { name: build.name }), 'y');
  });
  const [only] = model.nodes.values();
  return siteKey(model, 'rule', only!, [only!.id]);
};

describe('site keys', () => {
  it('are free of node names and ids but for the anchor, and tell structures apart', () => {
    expect(keyOf({ name: 'a', alpha: 0.5 })).toBe(keyOf({ name: 'b', alpha: 0.5 }));
    expect(keyOf({ name: 'a', alpha: 0.5 })).not.toBe(keyOf({ name: 'a', alpha: 0.25 }));
  });

  it('are taken apart although names hold colons', () => {
    expect(parseSiteKey('rule:scope:0/out:1:89abcdef')).toEqual({
      rule: 'rule',
      name: 'scope:0/out:1',
      hash: '89abcdef',
    });
  });
});
