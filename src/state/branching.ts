import type { Recipe } from '../recipe/types.ts';
import type { ComparingActions } from './comparing.ts';
import type { Core, Opened } from './core.ts';
import { loadBranches, storeBranches } from './kept-branches.ts';
import { stepsKey } from './recipe-size.ts';
import { MAIN, type Branch } from './recipes-store.ts';

export interface BranchingActions {
  /** Begins a branch at a stop: the steps up to it stay, those behind it stay on the branch that is left. */
  branchFrom(stop: number, name: string): Promise<void>;
  switchBranch(id: string): Promise<void>;
  renameBranch(id: string, name: string): void;
  /** Not the one at work; with a way back. */
  deleteBranch(id: string): void;
  /** What is shown beside what another branch leads to, in the comparison of models. */
  compareBranch(id: string): Promise<void>;
}

export function branchingActions(
  core: Core,
  others: Pick<ComparingActions, 'openSecond'>,
  checkUnchecked: () => void,
): BranchingActions {
  const { recipes, document: store, notices, platform } = core;

  /** Branches are those of this document; until it has told so, they are of the one before. */
  let bound = -1;
  let switching = false;
  const newId = (): string => `${platform.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;

  /** The branch at work as it stands now. */
  const here = (): Branch | null => {
    const { document, benches } = store.getState();
    const { branches, branch } = recipes.getState();
    if (!document) return null;
    const known = branches.find(({ id }) => id === branch);
    const base = known ?? { id: branch, name: branch === MAIN ? 'Main' : nameFor('This visit'), from: 0 };
    const result = document.stops[document.cursor] ?? null;
    return { ...base, recipe: core.fullRecipe ?? document.recipe, cursor: document.cursor, result, benches };
  };

  const set = (branches: readonly Branch[]): void => {
    recipes.setState({ branches });
    storeBranches(platform.storage, store.getState().document, branches);
  };
  const change = (branch: Branch): void =>
    set(recipes.getState().branches.map((each) => (each.id === branch.id ? branch : each)));

  // The branch at work is what the document is; one that never branched needs no note.
  store.subscribe((state, before) => {
    if (state.document === before.document && state.benches === before.benches) return;
    // A half-way state of a switch is of neither branch.
    if (switching || state.opened !== bound || recipes.getState().branches.length === 0) return;
    const { branches, branch } = recipes.getState();
    const now = here();
    if (!now) return;
    if (branches.some(({ id }) => id === branch)) return change(now);
    // A session of before goes on: its branch is at work again.
    const steps = stepsKey(now.recipe.steps);
    const found = now.recipe.steps.length > 0 && branches.find((each) => stepsKey(each.recipe.steps) === steps);
    if (found) recipes.setState({ branch: found.id });
  });
  core.onOpened(() => {
    bound = store.getState().opened;
    const branches = loadBranches(platform.storage, store.getState().document);
    // What is begun anew is no branch of before.
    recipes.setState({ branches, branch: branches.length === 0 ? MAIN : newId(), sweep: null, form: null });
  });

  const go = async (to: Branch, title: string): Promise<boolean> => {
    const from = here();
    if (!from) return false;
    const move = { leave: from.id, to: to.id, recipe: to.recipe, cursor: to.cursor };
    const opened = await core.change('replay', 'recipe', title, (call) =>
      core.prepared(core.client.call('switchBranch', move, call)),
    );
    if (!opened) return false;
    land(from, to, opened);
    notices.announce(`Branch ${to.name} is at work.`);
    checkUnchecked();
    return true;
  };

  const land = (from: Branch, to: Branch, opened: Opened): void => {
    switching = true;
    const { branches } = recipes.getState();
    const others = branches.filter(({ id }) => id !== from.id && id !== to.id);
    // Nothing was done on it yet: there is nothing to come back to.
    const isEmpty = from.id !== MAIN && !branches.some(({ id }) => id === from.id) && from.recipe.steps.length === 0;
    const at = (branch: Branch): number => branches.findIndex(({ id }) => id === branch.id);
    const all = [...others, ...(isEmpty ? [] : [from]), to];
    // Those that are new stand last.
    const place = (branch: Branch): number => (at(branch) < 0 ? branches.length : at(branch));
    recipes.setState({ branch: to.id, branches: all.sort((x, y) => place(x) - place(y)) });
    // The steps that are undone on it: the document's own recipe ends at its cursor.
    core.fullRecipe = to.recipe;
    store.setState({ benches: to.benches });
    core.adopt(opened);
    switching = false;
    const now = here();
    if (now) change(now);
  };

  const nameFor = (name: string): string => {
    const taken = new Set(['Main', ...recipes.getState().branches.map((each) => each.name)]);
    const wanted = name.trim() || 'Branch';
    if (!taken.has(wanted)) return wanted;
    for (let count = 2; ; count++) if (!taken.has(`${wanted} ${count}`)) return `${wanted} ${count}`;
  };

  return {
    async branchFrom(stop, name) {
      const { document, benches } = store.getState();
      if (!document) return;
      const full: Recipe = core.fullRecipe ?? document.recipe;
      const branch: Branch = {
        id: newId(),
        name: nameFor(name),
        from: stop,
        recipe: { ...full, steps: full.steps.slice(0, stop) },
        cursor: stop,
        result: null,
        benches: benches.filter(({ a, b }) => [a, b].every((side) => typeof side !== 'number' || side <= stop)),
      };
      if (await go(branch, `Branch ${branch.name}`)) {
        const text = `It has the steps up to stop ${stop}; the others stay where they were.`;
        notices.show({ tone: 'good', title: `Branch ${branch.name} begins here`, text });
      }
    },
    async switchBranch(id) {
      const { branches, branch } = recipes.getState();
      const to = branches.find((each) => each.id === id);
      if (to && id !== branch) await go(to, `Branch ${to.name}`);
    },
    renameBranch(id, name) {
      const branch = recipes.getState().branches.find((each) => each.id === id);
      if (branch && name.trim() !== '' && name.trim() !== branch.name) change({ ...branch, name: nameFor(name) });
    },
    deleteBranch(id) {
      const { branches, branch } = recipes.getState();
      const gone = branches.find((each) => each.id === id);
      if (!gone || id === branch) return;
      const { opened } = store.getState();
      set(branches.filter((each) => each !== gone));
      const back = (): void => {
        // Another model may be open by now.
        if (store.getState().opened === opened) set([...recipes.getState().branches, gone]);
      };
      notices.show({ tone: 'plain', title: `Branch ${gone.name} was deleted`, action: { label: 'Undo', run: back } });
    },
    async compareBranch(id) {
      const { branches, branch } = recipes.getState();
      const other = branches.find((each) => each.id === id);
      if (!other || id === branch) return;
      const { recipe, cursor, name } = other;
      try {
        const { bytes } = await core.runner.run('compare', `Branch ${name} as a model`, (call) =>
          core.client.call('branchModel', { to: id, recipe, cursor }, call),
        );
        recipes.setState({ open: false });
        await others.openSecond([new File([bytes], `${name.replace(/[/\\]/g, '-')}.onnx`)]);
      } catch (error) {
        core.fail('document', `Branch ${name}`, error);
      }
    },
  };
}
