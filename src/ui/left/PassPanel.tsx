import { Check, ChevronDown, ChevronRight, CircleQuestionMark, Sparkles, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { formatInteger, plural } from '../../base/format.ts';
import type { PassInfo, PassSites } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { PRUNE_CHANNELS } from '../../state/pruning.ts';
import { EditList } from '../edit/EditList.tsx';
import { Icon } from '../kit/controls.tsx';
import { useDocument, useJobs } from '../kit/use-store.ts';
import { BACKEND_NAMES, BackendMenu } from './BackendMenu.tsx';
import { groupPasses, isIdle } from './pass-groups.ts';
import { presetsFor, type Preset } from './presets.ts';

function NearMisses({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className="near num" title={plural(count, 'near miss', 'near misses')}>
      <Icon of={CircleQuestionMark} size={11} />
      {formatInteger(count)}
    </span>
  );
}

/** What stands in the count's place: a number, a dash while it is looked for, or why there is none. */
function countText(pass: PassInfo, sites: PassSites | undefined, failed: boolean): string {
  if (failed) return 'error';
  if (!sites) return '…';
  if (sites.unavailable !== null) return 'off';
  return pass.id === PRUNE_CHANNELS ? plural(sites.sites.length, 'group') : formatInteger(sites.sites.length);
}

const describe = (pass: PassInfo, sites: PassSites | undefined): string =>
  `${pass.title}, ${sites ? plural(sites.sites.length, 'site') : 'sites are being looked for'}${
    sites && sites.refusals.length > 0 ? `, ${plural(sites.refusals.length, 'near miss', 'near misses')}` : ''
  }`;

function PassRow({ app, pass }: { readonly app: App; readonly pass: PassInfo }) {
  const sites = useDocument(app, (state) => state.sites[pass.id]);
  const error = useDocument(app, (state) => state.sitesErrors[pass.id]);
  const on = useDocument(app, (state) => state.preview?.pass === pass.id);
  const zero = sites?.sites.length === 0;
  return (
    <button
      type="button"
      className="pass-row"
      aria-pressed={on}
      aria-label={describe(pass, sites)}
      data-zero={zero ? '' : undefined}
      title={sites?.unavailable ?? error?.message ?? pass.why}
      onClick={() => (on ? app.actions.cancelLook() : app.actions.lookAt(pass.id))}
    >
      <span className="ell flex-1">{pass.title}</span>
      <NearMisses count={sites?.refusals.length ?? 0} />
      {error && <Icon of={TriangleAlert} size={12} className="text-error" />}
      <span className="count num">{countText(pass, sites, error !== undefined)}</span>
    </button>
  );
}

function PresetRow({ app, preset, done }: { readonly app: App; readonly preset: Preset; readonly done: boolean }) {
  const busy = useJobs(app, ({ jobs }) => jobs.some((job) => job.state === 'running' && job.kind === 'replay'));
  return (
    <button
      type="button"
      className="pass-row"
      disabled={busy}
      data-zero={done ? '' : undefined}
      title={preset.why}
      onClick={() => void app.actions.applyPreset(preset.id, preset.title)}
    >
      <Icon of={Sparkles} size={12} className="text-ink-3" />
      <span className="ell flex-1">{preset.title}</span>
      {done && <Icon of={Check} size={12} />}
    </button>
  );
}

/** The passes of a group; those that have nothing to do here are folded away until they are asked for. */
function PassRows({ app, passes }: { readonly app: App; readonly passes: readonly PassInfo[] }) {
  const [open, setOpen] = useState(false);
  const idle = useDocument(app, ({ sites, preview }) =>
    passes
      .filter(({ id }) => isIdle(sites[id]) && preview?.pass !== id)
      .map(({ id }) => id)
      .join(' '),
  ).split(' ');
  const folded = passes.filter(({ id }) => idle.includes(id));
  const shown = open ? passes : passes.filter((pass) => !folded.includes(pass));
  return (
    <>
      {shown.map((pass) => (
        <PassRow key={pass.id} app={app} pass={pass} />
      ))}
      {folded.length > 0 && (
        <button type="button" className="pass-row" data-zero="" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon of={open ? ChevronDown : ChevronRight} size={12} />
          <span className="ell flex-1">
            {open ? 'Hide those without a site' : `${plural(folded.length, 'pass', 'passes')} without a site`}
          </span>
        </button>
      )}
    </>
  );
}

/** True when none of the clean-up passes has a site left; another operator set is a choice. */
function useClean(app: App): boolean {
  return useDocument(app, ({ passes, sites }) => {
    const cleanup = passes.filter((pass) => pass.group === 'cleanup' && pass.id !== 'convert-opset');
    return cleanup.length > 0 && cleanup.every((pass) => sites[pass.id]?.sites.length === 0);
  });
}

/** What can be done to the model, with live counts of the places where it can. */
export function PassPanel({ app }: { readonly app: App }) {
  const passes = useDocument(app, (state) => state.passes);
  const backend = useDocument(app, (state) => state.document?.backend ?? 'wasm');
  const clean = useClean(app);
  return (
    <section aria-label="Passes" className="flex min-h-0 flex-1 flex-col">
      <h2 className="panel-head">
        Passes <span className="font-regular text-ink-3">for {BACKEND_NAMES[backend]}</span>
        <span className="ml-auto">
          <BackendMenu app={app} />
        </span>
      </h2>
      <div className="min-h-0 flex-1 overflow-y-auto pb-3">
        <h3 className="group-head pt-0">Presets</h3>
        {presetsFor(backend).map((preset) => (
          <PresetRow key={preset.id} app={app} preset={preset} done={preset.id === 'clean' && clean} />
        ))}
        {groupPasses(passes).map((group, index) => (
          <div key={group.title} role="group" aria-label={group.title}>
            <h3 className="group-head">
              <span>{group.title}</span>
              {index === 0 && <span>sites</span>}
            </h3>
            <PassRows app={app} passes={group.passes} />
          </div>
        ))}
        <EditList app={app} />
      </div>
    </section>
  );
}
