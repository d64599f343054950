import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CodedError } from '../../base/error.ts';
import type { PassInfo } from '../../engine/types.ts';
import { makeApp, settle, type Fixture } from '../testing/fake-worker.ts';
import { USER_RULE } from './ruling.ts';

const INFO: PassInfo = {
  id: USER_RULE,
  group: 'edit',
  title: 'Apply a rule of your own',
  why: '',
  preserves: 'order',
  needs: [],
  looksFor: null,
  backends: ['wasm'],
  options: { rule: { type: 'json', default: null, label: 'Rule' } },
};

interface Asked {
  readonly passes: readonly string[];
  readonly options?: { readonly [USER_RULE]?: { readonly rule: { readonly pattern: string } } };
}

/** Two sites for any rule but one whose pattern is not closed. */
function answer({ passes, options }: Asked) {
  const pattern = options?.[USER_RULE]?.rule.pattern ?? '';
  if (pattern.endsWith('(')) {
    const data = { field: 'The pattern', at: pattern.length };
    throw new CodedError('bad-request', 'The pattern, at character 6: this bracket is not closed.', data);
  }
  const sites = ['a', 'b'].map((key) => ({ key, rule: 'mine', anchor: 1, nodes: [1], what: 'Replaces.' }));
  return passes.map((pass) => ({ pass, sites, refusals: [], unavailable: null }));
}

async function opened(): Promise<Fixture> {
  const fixture = await makeApp();
  fixture.app.document.setState(({ passes }) => ({ passes: [...passes, INFO] }));
  await fixture.app.actions.openSample('tiny');
  await settle();
  fixture.worker.overrides.set('sites', answer);
  fixture.app.actions.lookAt(USER_RULE);
  return fixture;
}
const asked = ({ worker }: Fixture): number =>
  worker.of('sites').filter(({ passes }) => passes?.[0] === USER_RULE).length;
const sitesOf = ({ app }: Fixture) => app.document.getState().sites[USER_RULE]?.sites.length;

let fixture: Fixture;
beforeEach(async () => {
  fixture = await opened();
});

describe('the panel of a rule', () => {
  it('is a look at the pass; half a rule is neither asked for nor a fault', async () => {
    const { app } = fixture;
    expect(app.document.getState()).toMatchObject({ preview: { pass: USER_RULE }, edit: null });
    app.actions.changeRule({ pattern: 'Relu(x)' });
    await app.actions.ruleAsked();
    expect([asked(fixture), app.document.getState().rule.fault]).toEqual([0, null]);
  });

  it('asks once the writing pauses, lights the sites and counts what they would do', async () => {
    const { app, worker } = fixture;
    vi.useFakeTimers();
    app.actions.changeRule({ pattern: 'Relu(x)' });
    app.actions.changeRule({ replace: 'Abs(x' });
    app.actions.changeRule({ replace: 'Abs(x)' });
    expect(asked(fixture)).toBe(0);
    await vi.advanceTimersByTimeAsync(300);
    vi.useRealTimers();
    await settle();
    expect([asked(fixture), sitesOf(fixture)]).toEqual([1, 2]);
    expect(worker.of('preview').at(-1)).toMatchObject({ options: { rule: { replace: 'Abs(x)' } } });
    expect(app.document.getState().preview?.result).not.toBeNull();
  });

  it('shows a fault in place, and no sites of the rule before', async () => {
    const { app } = fixture;
    app.actions.startFromExample('Two activations in a row');
    await settle();
    expect(sitesOf(fixture)).toBe(2);
    app.actions.changeRule({ pattern: 'Relu(' });
    await app.actions.ruleAsked();
    expect(app.document.getState().rule.fault).toMatchObject({ field: 'pattern', at: 5 });
    expect(sitesOf(fixture)).toBe(0);
  });

  it('applies what stands there, though the writing has not paused; the draft stays for the next time', async () => {
    const { app, worker } = fixture;
    app.actions.startFromExample('Two activations in a row');
    await settle();
    app.actions.toggleSite('b');
    app.actions.changeRule({ name: 'renamed' });
    await app.actions.apply();
    await settle();
    expect(worker.of('apply')).toMatchObject([{ pass: USER_RULE, options: { rule: { name: 'renamed' } }, off: [] }]);
    expect(app.document.getState().preview).toBeNull();
    app.actions.openRule();
    expect(app.document.getState().rule.draft.name).toBe('renamed');
  });

  it('comes back from a step of the recipe, and goes to a file and back', async () => {
    const { app, saved } = fixture;
    app.actions.startFromExample('Division as multiplication');
    await settle();
    await app.actions.apply();
    app.actions.openRule();
    app.actions.changeRule({ pattern: 'Abs(x)' });
    app.actions.startFromStep(0);
    await settle();
    expect(app.document.getState().rule.draft.pattern).toBe('Div(x, 2)');
    app.actions.saveRule();
    const [file] = saved;
    expect(file!.name).toBe('halve.rule.json');
    app.actions.changeRule({ pattern: '' });
    await app.actions.loadRule(new File([file!.content], file!.name));
    expect(app.document.getState().rule.draft.pattern).toBe('Div(x, 2)');
    await app.actions.loadRule(new File(['{'], 'broken.json'));
    expect(app.document.getState().rule.note).toMatch(/^broken.json is not JSON/);
    await app.actions.loadRule(new File(['{}'], 'other.json'));
    expect(app.document.getState().rule.note).toMatch(/^other.json: This is no rule/);
  });

  it('closes without losing what was written', async () => {
    const { app } = fixture;
    app.actions.changeRule({ pattern: 'Relu(x)', replace: 'x' });
    app.actions.closeRule();
    await app.actions.ruleAsked();
    expect([asked(fixture), app.document.getState().rule.draft.replace]).toEqual([1, 'x']);
  });
});
