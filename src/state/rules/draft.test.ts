import { describe, expect, it } from 'vitest';
import { toErrorRecord, type ErrorRecord } from '../../base/error.ts';
import { parseWrittenRule } from '../../rewrite/written/parse.ts';
import { draftOf, EMPTY, faultOf, ruleOf, type RuleDraft } from './draft.ts';
import { RULE_EXAMPLES } from './examples.ts';

const draft = (patch: Partial<RuleDraft>): RuleDraft => ({
  ...EMPTY,
  pattern: 'Mul(x, Sigmoid(x))',
  replace: 'Relu(x)',
  ...patch,
});
/** What the parser has against a draft. */
function errorOf(written: RuleDraft): ErrorRecord {
  try {
    parseWrittenRule(ruleOf(written));
  } catch (error) {
    return toErrorRecord(error);
  }
  throw new Error('the rule can be read');
}
const faultIn = (patch: Partial<RuleDraft>) => faultOf(errorOf(draft(patch)), draft(patch));

describe('a rule as it is written', () => {
  it('becomes the rule that recipes carry, and comes back from it', () => {
    const written = draft({ where: 'rank(x) = 3\n\n  same(x, x)  ', class: 'bits', name: ' a-rule ' });
    expect(ruleOf(written)).toEqual({
      name: 'a-rule',
      pattern: 'Mul(x, Sigmoid(x))',
      replace: 'Relu(x)',
      where: ['rank(x) = 3', 'same(x, x)'],
      class: 'bits',
    });
    expect(draftOf(ruleOf(written))).toEqual({ ...written, name: 'a-rule', where: 'rank(x) = 3\nsame(x, x)' });
  });

  it('is no rule where its texts are missing', () => {
    expect(() => draftOf([])).toThrow('A rule is a JSON object');
    expect(() => draftOf({ name: 'a', pattern: 'Relu(x)' })).toThrow('lacks the texts');
    expect(draftOf({ pattern: 'Relu(x)', replace: 'x', class: 'nonsense' })).toMatchObject({
      class: 'order',
      where: '',
    });
  });

  it.each(RULE_EXAMPLES)('can be an example that is read: $title', ({ draft: example }) => {
    expect(parseWrittenRule(ruleOf(example)).name).toBe(example.name);
  });

  it('shows a fault under its field, at its character', () => {
    expect(faultIn({ pattern: 'Mul(x Sigmoid(x))' })).toEqual({
      field: 'pattern',
      at: 6,
      length: 1,
      message: 'Here a comma or a closing bracket is wanted.',
    });
    expect(faultIn({ replace: 'Relu(z)' })).toMatchObject({
      field: 'replace',
      at: 5,
      message: 'The pattern has no "z".',
    });
    expect(faultIn({ name: 'a b' })).toMatchObject({ field: 'name', at: null });
  });

  it('marks the condition that is wrong, by its number or its text, empty lines aside', () => {
    const where = 'rank(x) = 3\n\nnonsense';
    expect(faultIn({ where })).toMatchObject({ field: 'where', at: where.indexOf('nonsense'), length: 8 });
    const unknown = 'rank(x) = 3\nrank(q) = 2';
    expect(faultIn({ where: unknown })).toMatchObject({ field: 'where', at: unknown.indexOf('rank(q)'), length: 11 });
  });

  it('says what is about no field at all', () => {
    const error: ErrorRecord = { code: 'runtime', message: 'the worker ended', data: {} };
    expect(faultOf(error, EMPTY)).toEqual({ field: null, at: null, length: 0, message: 'The worker ended' });
  });
});
