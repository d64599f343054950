import { toErrorRecord } from '../base/error.ts';
import type { Json } from '../base/json.ts';
import { plural } from '../base/format.ts';
import type { PassInfo } from '../engine/types.ts';
import type { Core } from './core.ts';
import type { PassPreview } from './document.ts';
import { createLatest, type Latest } from './latest.ts';

export interface LookingActions {
  /** Lights the sites of a pass on the canvas; nothing is applied. */
  lookAt(pass: string): void;
  /** Ends the look, or the pruning session. */
  cancelLook(): void;
  /** Looks for the sites of a pass once more: other data are in use. */
  findAgain(pass: string): void;
  toggleSite(key: string): void;
  setAllSites(on: boolean): void;
  /** Switches exactly these sites off. */
  setOff(off: ReadonlySet<string>): void;
  setOption(name: string, value: Json): void;
  /** Moves to the next (1) or previous (−1) site and brings it into view. */
  stepSite(by: 1 | -1): void;
  /** Shows why a near miss is one; null closes it. */
  showRefusal(index: number | null): void;
}

export const defaultsOf = (info: PassInfo): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(info.options).map(([name, spec]) => [name, spec.default]));

const modulo = (value: number, size: number): number => ((value % size) + size) % size;

export function lookingActions(core: Core, focus: (node: number) => void): LookingActions {
  const { document: store } = core;
  const findingAll = createLatest();
  const findingOne = createLatest();
  const findingOnData = createLatest();
  const counting = createLatest();

  const setPreview = (patch: Partial<PassPreview>): void =>
    store.setState(({ preview }) => ({ preview: preview && { ...preview, ...patch } }));

  /** Finds sites pass by pass, so that counts arrive while the rest is at work. */
  const find = (ids: readonly string[], finding: Latest, begin: Promise<void> = Promise.resolve()): void => {
    const { epoch } = core;
    const isStale = (): boolean => core.epoch !== epoch;
    void finding.run(async (signal) => {
      await begin;
      for (const id of ids) {
        const { preview } = store.getState();
        const options = preview?.pass === id ? { [id]: preview.options } : {};
        try {
          const found = await core.client.call('sites', { passes: [id], options }, { signal });
          if (signal.aborted || isStale()) return;
          const byPass = Object.fromEntries(found.map((each) => [each.pass, each]));
          store.setState(({ sites }) => ({ sites: { ...sites, ...byPass } }));
        } catch (caught) {
          if (signal.aborted || isStale()) return;
          const error = toErrorRecord(caught);
          store.setState(({ sitesErrors }) => ({ sitesErrors: { ...sitesErrors, [id]: error } }));
        }
      }
    });
  };

  /** Counts what the sites that are on would do. */
  const count = (): void => {
    const { preview } = store.getState();
    if (!preview) return;
    const request = { pass: preview.pass, options: preview.options, off: [...preview.off] };
    counting
      .run((signal) => core.client.call('preview', request, { signal }))
      .then((result) => result && setPreview({ result, error: null }))
      .catch((error: unknown) => setPreview({ result: null, error: toErrorRecord(error) }));
  };

  const sitesOf = (pass: string) => store.getState().sites[pass]?.sites ?? [];

  const announceCount = (): void => {
    const { preview } = store.getState();
    if (!preview) return;
    const all = sitesOf(preview.pass);
    const on = all.filter((site) => !preview.off.has(site.key)).length;
    core.notices.announce(`${on} of ${plural(all.length, 'site')} on.`);
  };

  const setOff = (off: ReadonlySet<string>): void => {
    setPreview({ off });
    announceCount();
    count();
  };

  const findAll = (): void => {
    // Hand edits have no place until a person gives one.
    const ids = store.getState().passes.flatMap((pass) => (pass.group === 'edit' ? [] : [pass.id]));
    find(ids, findingAll, core.platform.painted());
  };

  core.onAdopt(() => {
    counting.stop();
    findingOne.stop();
    findingOnData.stop();
    findAll();
  });
  // A model may be open before it is known which passes there are.
  store.subscribe(({ passes, document }, before) => {
    if (passes !== before.passes && document) findAll();
  });

  return {
    lookAt(pass) {
      const info = store.getState().passes.find((each) => each.id === pass);
      if (!info || !store.getState().document) return;
      counting.stop();
      const preview = {
        pass,
        options: defaultsOf(info),
        off: new Set<string>(),
        scope: null,
        result: null,
        error: null,
        at: null,
      };
      store.setState({ preview, prune: null, failure: null });
      core.view.setState({ refusal: null, workspace: 'studio', diff: false });
      const found = store.getState().sites[pass];
      core.notices.announce(
        `${info.title}: ${found ? plural(found.sites.length, 'site') : 'sites are being looked for'}.`,
      );
      if (!found || found.sites.length > 0) count();
    },
    cancelLook() {
      counting.stop();
      const { preview } = store.getState();
      store.setState({ preview: null, prune: null, failure: null });
      core.view.setState({ refusal: null });
      // Sites may have been found with options of the look: the list goes back to the defaults.
      if (preview && Object.keys(preview.options).length > 0) find([preview.pass], findingOne);
    },
    findAgain(pass) {
      if (store.getState().passes.some(({ id }) => id === pass)) find([pass], findingOnData);
    },
    toggleSite(key) {
      const off = new Set(store.getState().preview?.off);
      if (!off.delete(key)) off.add(key);
      setOff(off);
    },
    setAllSites(on) {
      const { preview } = store.getState();
      // In a scope, all are those inside.
      const kept = on ? [...(preview?.scope?.switched ?? [])] : sitesOf(preview?.pass ?? '').map((site) => site.key);
      if (preview) setOff(new Set(kept));
    },
    setOff,
    setOption(name, value) {
      const { preview } = store.getState();
      if (!preview) return;
      setPreview({ options: { ...preview.options, [name]: value }, result: null });
      find([preview.pass], findingOne);
      count();
    },
    stepSite(by) {
      const { preview } = store.getState();
      const sites = preview ? sitesOf(preview.pass) : [];
      if (!preview || sites.length === 0) return;
      const at = preview.at === null ? (by === 1 ? 0 : sites.length - 1) : modulo(preview.at + by, sites.length);
      setPreview({ at });
      const site = sites[at];
      if (!site) return;
      focus(site.anchor);
      core.notices.announce(`Site ${at + 1} of ${sites.length}, ${preview.off.has(site.key) ? 'off' : 'on'}.`);
    },
    showRefusal(index) {
      // The canvas brings the place into view, with the reason beside it.
      core.view.setState({ refusal: index });
      const { preview, prune, sites } = store.getState();
      // The card of a group would cover the reason.
      if (prune && index !== null) store.setState({ prune: { ...prune, group: null } });
      const shown = prune ? prune.plan.frozen : preview ? sites[preview.pass]?.refusals : undefined;
      const refusal = index === null ? undefined : shown?.[index];
      if (refusal) core.notices.announce(refusal.reason);
    },
  };
}
