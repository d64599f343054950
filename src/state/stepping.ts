import { formatChange, formatSignedBytes, plural } from '../base/format.ts';
import type { Recipe } from '../recipe/types.ts';
import type { Backend } from '../rewrite/pass.ts';
import type { ScheduleRequest } from '../engine/prune-schedule.ts';
import type { ApplyRequest, DocumentView, StopView } from '../engine/types.ts';
import type { Core, Opened } from './core.ts';
import { isDecided, undecided } from './undecided.ts';

export interface SteppingActions {
  /** Applies the pass that is looked at, to the sites that are on. */
  apply(): Promise<void>;
  /** Applies a request as it is; true when it became a step. */
  applyRequest(request: ApplyRequest, title: string): Promise<boolean>;
  /** Prunes channels in rounds, in one go; true when there are new steps. */
  applySchedule(request: ScheduleRequest, title: string): Promise<boolean>;
  applyPreset(preset: string, title: string): Promise<void>;
  replayRecipe(recipe: Recipe, name: string): Promise<boolean>;
  undo(): Promise<void>;
  redo(): Promise<void>;
  /** Shows stop `cursor` of the recipe. */
  moveTo(cursor: number): Promise<void>;
  setBackend(backend: Backend): Promise<void>;
  dismissFailure(): void;
  /** Takes over what another job changed: says it, and offers the way back. Steps up to `kept` are as before. */
  landed(opened: Opened, title: string, kept: number): void;
}

/** This build does not have its pass: it stays where it is, and is passed over. */
export const isSkipped = ({ error }: StopView): boolean => error?.data['unknownPass'] !== undefined;

/** What a change did, in one sentence. */
function describe(before: DocumentView, after: DocumentView): string {
  const [a, b] = [before.stops[before.cursor]?.summary, after.stops[after.cursor]?.summary];
  if (!a || !b) return '';
  const nodes = a.nodes === b.nodes ? 'The node count is the same' : `${a.nodes} → ${plural(b.nodes, 'node')}`;
  const change = formatChange(a.bytes, b.bytes);
  return `${nodes}, size ${change === 'same' ? 'the same' : `${formatSignedBytes(b.bytes - a.bytes)} (${change})`}.`;
}

export function steppingActions(core: Core, afterStep: () => void): SteppingActions {
  const { document: store } = core;

  /** Benchmarks of stops beyond `last` are of models that are gone. */
  const forgetBenches = (last: number): void =>
    store.setState(({ benches }) => ({
      benches: benches.filter(({ a, b }) => [a, b].every((side) => typeof side !== 'number' || side <= last)),
    }));

  /** Takes a change over, says what it did and offers the way back: a new step is undone, a replay replayed away. */
  const land = (opened: Opened, title: string, kept: number, replayed?: Recipe): void => {
    const { document: before } = store.getState();
    const recipe = core.fullRecipe;
    core.adopt(opened);
    forgetBenches(kept);
    if (!before) return;
    const back = (): void => {
      if (kept === before.cursor || recipe === null || before.stops.length === 1) void actions.moveTo(before.cursor);
      else void replayAndGo(recipe, before);
    };
    const said = opened.document.warnings.filter((warning) => !before.warnings.includes(warning));
    if (said.length > 0) {
      // What was decided for another model need not hold here.
      const anew = replayed && isDecided(replayed) ? undecided(replayed) : null;
      const again = { label: 'Decide anew', run: () => void actions.replayRecipe(anew!, 'Decided anew') };
      const text = said.join(' ');
      core.notices.show({ tone: 'warning', title: 'Another model', text, ...(anew && { action: again }) });
    }
    const action = { label: 'Undo', run: back };
    const added = opened.document.stops.slice(kept + 1);
    const skipped = added.filter(isSkipped);
    if (skipped.length > 0) {
      const steps = skipped.map(({ index, title: pass }) => `Step ${index} (${pass})`).join(', ');
      const text = `${steps} of a pass that this Whittle does not have: kept in the recipe, and written back as it is.`;
      core.notices.show({ tone: 'warning', title: `${plural(skipped.length, 'step')} skipped`, text });
    }
    const failed = added.find((stop) => stop.error !== null && !isSkipped(stop));
    if (failed?.error) {
      const step = `Step ${failed.index}, ${failed.title}, failed`;
      core.notices.show({
        tone: 'warning',
        title: step,
        text: [failed.error.message, failed.because].filter(Boolean).join(' '),
        action,
      });
    } else core.notices.show({ tone: 'good', title, text: describe(before, opened.document), action });
    afterStep();
  };

  const replayAndGo = async (recipe: Recipe, { name, cursor }: DocumentView): Promise<void> => {
    if (await actions.replayRecipe(recipe, name)) await actions.moveTo(cursor);
  };

  const actions: SteppingActions = {
    async apply() {
      const { preview, passes, sites } = store.getState();
      if (!preview) return;
      const all = sites[preview.pass]?.sites ?? [];
      const on = all.filter((site) => !preview.off.has(site.key)).length;
      if (on === 0) return;
      const title = passes.find((pass) => pass.id === preview.pass)?.title ?? preview.pass;
      const off = all.filter((site) => preview.off.has(site.key)).map((site) => site.key);
      await actions.applyRequest({ pass: preview.pass, options: preview.options, off }, title);
    },
    async applyRequest(request, title) {
      const opened = await core.change('apply', 'pass', title, (call) =>
        core.prepared(core.client.call('apply', request, call)),
      );
      if (!opened) return false;
      const stop = opened.document.stops[opened.document.cursor];
      // A hand edit is called by what it did.
      const said = !stop || stop.title !== title ? (stop?.title ?? title) : `${title}: ${plural(stop.sites, 'site')}`;
      land(opened, said, opened.document.cursor - 1);
      return true;
    },
    async applySchedule(request, title) {
      const { document: before } = store.getState();
      const opened = await core.change('apply', 'pass', title, (call) =>
        core.prepared(core.client.call('applySchedule', request, call)),
      );
      if (!opened || !before) return false;
      const steps = opened.document.cursor - before.cursor;
      land(opened, steps > 0 ? `${title}: ${plural(steps, 'step')}` : `${title}: nothing to cut`, before.cursor);
      return steps > 0;
    },
    async applyPreset(preset, title) {
      const opened = await core.change('replay', 'recipe', title, (call) =>
        core.prepared(core.client.call('replay', { preset }, call)),
      );
      const steps = opened?.document.recipe.steps.length ?? 0;
      if (opened)
        land(opened, steps > 0 ? `${title}: ${plural(steps, 'step')}` : `${title}: nothing to change here`, 0);
    },
    async replayRecipe(recipe, name) {
      const opened = await core.change('replay', 'recipe', `Recipe of ${name}`, (call) =>
        core.prepared(core.client.call('replay', { recipe }, call)),
      );
      if (opened) land(opened, `${name}: ${plural(recipe.steps.length, 'step')} replayed`, 0, recipe);
      return opened !== null;
    },
    async undo() {
      const { document } = store.getState();
      if (document) await actions.moveTo(document.cursor - 1);
    },
    async redo() {
      const { document } = store.getState();
      if (document) await actions.moveTo(document.cursor + 1);
    },
    async moveTo(cursor) {
      const { document } = store.getState();
      if (!document || cursor === document.cursor || !document.stops[cursor]) return;
      const opened = await core.change('move', 'recipe', `Stop ${cursor}`, (call) =>
        core.prepared(core.client.call('moveTo', { cursor }, call)),
      );
      if (!opened) return;
      core.adopt(opened);
      core.notices.announce(`${opened.document.stops[cursor]?.title ?? 'Original'} is shown.`);
    },
    async setBackend(backend) {
      const result = await core.change('move', 'document', 'Backend', (call) =>
        core.client.call('setBackend', { backend }, call),
      );
      const { picture } = store.getState();
      if (result && picture) core.adopt({ document: result.document, picture });
    },
    landed: land,
    dismissFailure: () => store.setState({ failure: null }),
  };
  return actions;
}
