import { toErrorRecord } from '../../base/error.ts';
import { plural } from '../../base/format.ts';
import type { Json } from '../../base/json.ts';
import type { PassSites } from '../../engine/types.ts';
import type { Core } from '../core.ts';
import type { PassPreview } from '../document.ts';
import { createLatest } from '../latest.ts';
import { draftFrom, writePattern } from './from-selection.ts';
import { draftOf, EMPTY, faultOf, ruleOf, type RuleDraft } from './draft.ts';
import { RULE_EXAMPLES } from './examples.ts';

export const USER_RULE = 'user-rule';

/** The panel of a rule that a person writes. Its sites are those of a pass that is looked at. */
export interface RulingActions {
  /** Opens the panel, with what was written last. */
  openRule(): void;
  closeRule(): void;
  /** Takes over what was written; the graph is asked once the writing pauses. */
  changeRule(patch: Partial<RuleDraft>): void;
  /** Writes an example's rule in place of what is there. */
  startFromExample(title: string): void;
  /** Opens the rule of a step of the recipe, as a copy. */
  startFromStep(index: number): void;
  /** Writes the pattern of the chosen nodes. */
  startFromSelection(): Promise<void>;
  /** Resolves once the graph was asked for the rule as it is written now: what is applied is what stands there. */
  ruleAsked(): Promise<void>;
  saveRule(): void;
  loadRule(file: File): Promise<void>;
}

/** Pause in the writing after which the graph is asked, ms. */
const PAUSE_MS = 200;

export const ruleFileName = ({ name }: RuleDraft): string => `${name.trim() || EMPTY.name}.rule.json`;

interface Others {
  lookAt(pass: string): void;
  cancelLook(): void;
  chosenNodes(): readonly number[];
}

export function rulingActions(core: Core, others: Others): RulingActions {
  const { document: store } = core;
  const asking = createLatest();
  let pause: ReturnType<typeof setTimeout> | undefined;
  /** The question that is at work. */
  let asked = Promise.resolve();

  const isOpen = (): boolean => store.getState().preview?.pass === USER_RULE;
  const draft = (): RuleDraft => store.getState().rule.draft;

  /** What was found for the rule as it is now; sites of another rule are no longer drawn. */
  const found = (result: Partial<PassSites>): void =>
    store.setState(({ sites }) => ({
      sites: {
        ...sites,
        [USER_RULE]: { pass: USER_RULE, sites: [], refusals: [], unavailable: null, ...result },
      },
    }));

  const ask = async (): Promise<void> => {
    clearTimeout(pause);
    pause = undefined;
    if (!isOpen()) return;
    const now = draft();
    const options = { rule: ruleOf(now) };
    store.setState(({ preview }) => ({
      preview: preview && { ...preview, options, off: new Set(), scope: null, result: null, error: null, at: null },
    }));
    core.view.setState({ refusal: null });
    // Half a rule is no fault.
    if (now.pattern.trim() === '' || now.replace.trim() === '') {
      asking.stop();
      found({});
      store.setState(({ rule }) => ({ rule: { ...rule, fault: null, asking: false } }));
      return;
    }
    store.setState(({ rule }) => ({ rule: { ...rule, asking: true } }));
    asked = asking
      .run((signal) => look(now, options, signal))
      .then(
        () => {},
        (error: unknown) => refuse(now, error),
      );
    await asked;
  };

  const look = async (now: RuleDraft, options: { readonly rule: Json }, signal: AbortSignal): Promise<void> => {
    const request = { passes: [USER_RULE], options: { [USER_RULE]: options } };
    const [answer] = await core.client.call('sites', request, { signal });
    if (signal.aborted || !answer || !isOpen()) return;
    found(answer);
    store.setState(({ rule }) => ({ rule: { ...rule, fault: null, asking: false } }));
    const { sites, refusals } = answer;
    core.notices.announce(`${plural(sites.length, 'site')}, ${plural(refusals.length, 'near miss', 'near misses')}.`);
    if (sites.length === 0) return;
    const counted = await count(options, signal);
    if (signal.aborted || draft() !== now) return;
    store.setState(({ preview }) => ({ preview: preview && { ...preview, ...counted } }));
  };

  const count = (options: { readonly rule: Json }, signal: AbortSignal): Promise<Partial<PassPreview>> =>
    core.client.call('preview', { pass: USER_RULE, options, off: [] }, { signal }).then(
      (result) => ({ result, error: null }),
      (error: unknown) => ({ result: null, error: toErrorRecord(error) }),
    );

  const refuse = (now: RuleDraft, error: unknown): void => {
    found({});
    const fault = faultOf(toErrorRecord(error), now);
    store.setState(({ rule }) => ({ rule: { ...rule, fault, asking: false } }));
    core.notices.announce(fault.message);
  };

  /** Another rule altogether: asked for at once. */
  const begin = (next: RuleDraft): void => {
    store.setState({ rule: { draft: next, fault: null, asking: false, note: null }, failure: null });
    void ask();
  };
  const say = (note: string | null): void => store.setState(({ rule }) => ({ rule: { ...rule, note } }));

  core.onAdopt(() => {
    clearTimeout(pause);
    asking.stop();
    store.setState(({ rule }) => ({ rule: { ...rule, asking: false } }));
  });

  return {
    openRule() {
      if (!store.getState().document) return;
      found({});
      others.lookAt(USER_RULE);
      const { settings } = core.settings.getState();
      core.settings.setState({ settings: { ...settings, leftOpen: true } });
      void ask();
    },
    closeRule: () => others.cancelLook(),
    changeRule(patch) {
      store.setState(({ rule }) => ({ rule: { ...rule, draft: { ...rule.draft, ...patch }, note: null } }));
      clearTimeout(pause);
      pause = setTimeout(() => void ask(), PAUSE_MS);
    },
    startFromExample(title) {
      const example = RULE_EXAMPLES.find((each) => each.title === title);
      if (example) begin(example.draft);
    },
    startFromStep(index) {
      const rule = store.getState().document?.recipe.steps[index]?.options['rule'];
      if (rule !== undefined) begin(draftOf(rule));
    },
    async startFromSelection() {
      const nodes = others.chosenNodes();
      try {
        const details = await Promise.all(nodes.map((node) => core.client.call('node', { node })));
        const written = writePattern(details);
        if ('refusal' in written) return say(written.refusal);
        begin(draftFrom(draft(), written));
        const left = plural(written.leftOut, 'chosen node is', 'chosen nodes are');
        say(
          written.leftOut > 0
            ? `${left} left out: a pattern is a tree, and a value that is read twice stays outside of it.`
            : 'The replacement is the same for now. Change it to what should stand there.',
        );
      } catch (error) {
        core.fail('pass', 'Start from the selection', error);
      }
    },
    ruleAsked: () => (pause === undefined ? asked : ask()),
    saveRule() {
      const name = ruleFileName(draft());
      const text = `${JSON.stringify(ruleOf(draft()), null, 2)}\n`;
      core.platform.save(name, new Blob([text], { type: 'application/json' }));
      core.notices.show({ tone: 'good', title: 'Rule saved', text: name });
    },
    async loadRule(file) {
      try {
        begin(draftOf(JSON.parse(await file.text()) as Json));
      } catch (error) {
        const { message } = toErrorRecord(error);
        say(error instanceof SyntaxError ? `${file.name} is not JSON: ${message}` : `${file.name}: ${message}`);
      }
    },
  };
}
