import { plural } from '../../../base/format.ts';
import type { App } from '../../../state/app.ts';
import { groupWithCopies } from '../../../state/scoping.ts';
import { busy, unless, type Command } from './command.ts';

/** Each pass, to look at. */
export function passCommands({ actions, document }: App): readonly Command[] {
  const { passes, sites } = document.getState();
  const byThemselves = passes.filter(({ group }) => group !== 'edit');
  return byThemselves.map((pass): Command => {
    const found = sites[pass.id];
    const misses = found && found.sites.length === 0 ? found.refusals.length : 0;
    const hint = misses > 0 ? plural(misses, 'near miss', 'near misses') : plural(found?.sites.length ?? 0, 'site');
    return {
      id: `pass ${pass.id}`,
      group: 'Passes',
      title: pass.title,
      hint: found ? hint : 'looking for sites',
      refusal: found?.unavailable ?? null,
      run: () => actions.lookAt(pass.id),
    };
  });
}

/** What can be done with the pass that is looked at. */
export function lookCommands(app: App): readonly Command[] {
  const { actions, document, view } = app;
  const { picture, preview, prune, sites } = document.getState();
  const { matches, selected } = view.getState();
  const all = preview ? (sites[preview.pass]?.sites ?? []) : [];
  const on = all.filter((site) => !preview?.off.has(site.key)).length;
  const looking = unless(preview !== null, 'No pass is looked at.');
  const working = prune ? null : looking;
  const copies = picture && selected !== null && groupWithCopies(picture.view, selected) >= 0;
  const group = 'Passes' as const;
  return [
    {
      id: 'apply',
      group,
      title: prune ? 'Apply the pruning' : 'Apply',
      key: 'apply',
      hint: preview ? plural(on, 'site') : '',
      refusal: working ?? unless(prune !== null || on > 0, 'No site is on.') ?? busy(app),
      run: () => void (prune ? actions.applyPrune() : actions.apply()),
    },
    {
      id: 'cancel',
      group,
      title: 'Cancel the preview',
      key: 'escape',
      refusal: working,
      run: () => actions.cancelLook(),
    },
    { id: 'all on', group, title: 'All sites on', refusal: looking, run: () => actions.setAllSites(true) },
    { id: 'all off', group, title: 'All sites off', refusal: looking, run: () => actions.setAllSites(false) },
    {
      id: 'limit',
      group,
      title: 'Only in what the search found',
      refusal: working ?? unless((matches?.length ?? 0) > 0, 'The search has no match.'),
      run: () => actions.limitToMatches(),
    },
    {
      id: 'no limit',
      group,
      title: 'Everywhere again',
      refusal:
        working ??
        unless(prune ? prune.options.protected.length > 0 : preview?.scope !== null, 'The pass is not limited.'),
      run: () => actions.dropScope(),
    },
    {
      id: 'copies',
      group,
      title: 'Sites alike in all copies of the group',
      refusal: looking ?? unless(Boolean(copies), 'The selected node is in no group that has copies.'),
      run: () => actions.applyToCopies(),
    },
  ];
}
