import { ChevronLeft, ChevronRight, CircleQuestionMark, Combine, SlidersHorizontal } from 'lucide-react';
import { Popover } from 'radix-ui';
import { formatInteger, plural } from '../../base/format.ts';
import type { PassInfo, PassSites } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import type { PassPreview } from '../../state/document.ts';
import { Button, Icon, IconButton } from '../kit/controls.tsx';
import { useDocument, useJobs, useView } from '../kit/use-store.ts';
import { formOptions, OptionsForm } from './OptionsForm.tsx';
import { ScopeControls } from './ScopeControls.tsx';

/** The site that the stepper stands on. */
function SiteStepper({ app, at, count }: { readonly app: App; readonly at: number | null; readonly count: number }) {
  return (
    <span className="hidden items-center gap-1 roomy:flex">
      <IconButton
        icon={ChevronLeft}
        size="small"
        label="Previous site"
        keys="["
        onClick={() => app.actions.stepSite(-1)}
      />
      <span className="num min-w-[46px] text-center text-11 text-ink-3">
        {at === null ? formatInteger(count) : `${formatInteger(at + 1)} / ${formatInteger(count)}`}
      </span>
      <IconButton icon={ChevronRight} size="small" label="Next site" keys="]" onClick={() => app.actions.stepSite(1)} />
    </span>
  );
}

function Options({
  app,
  info,
  preview,
}: {
  readonly app: App;
  readonly info: PassInfo;
  readonly preview: PassPreview;
}) {
  if (formOptions(info.options).length === 0) return null;
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton icon={SlidersHorizontal} size="small" iconSize={13} label={`Options of ${info.title}`} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="start" sideOffset={8} className="pop z-40 w-[310px] p-4">
          <h3 className="h3">{info.title}</h3>
          <p className="mt-1 mb-3 text-11 text-ink-3">{info.why}</p>
          <OptionsForm
            pass={info.id}
            options={info.options}
            values={preview.options}
            onChange={app.actions.setOption}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function useApplying(app: App): boolean {
  return useJobs(app, ({ jobs }) => jobs.some((job) => job.kind === 'apply' && job.state === 'running'));
}

/** Near misses one after the other: each click brings the next one into view. */
function NearMisses({ app, count }: { readonly app: App; readonly count: number }) {
  const shown = useView(app, (state) => state.refusal);
  const next = shown === null ? 0 : (shown + 1) % count;
  return (
    <button
      type="button"
      className="near num rounded-1 outline-offset-4"
      aria-pressed={shown !== null}
      onClick={() => app.actions.showRefusal(next)}
    >
      <Icon of={CircleQuestionMark} size={12} />
      {shown === null
        ? plural(count, 'near miss', 'near misses')
        : `${shown + 1} of ${plural(count, 'near miss', 'near misses')}`}
    </button>
  );
}

function Bar({
  app,
  info,
  preview,
  found,
}: {
  app: App;
  info: PassInfo;
  preview: PassPreview;
  found: PassSites | undefined;
}) {
  const applying = useApplying(app);
  const count = found?.sites.length ?? 0;
  const on = found?.sites.filter((site) => !preview.off.has(site.key)).length ?? 0;
  const misses = found?.refusals.length ?? 0;
  return (
    <div
      className="float top-3 left-3 h-9 max-w-[calc(100%-56px)] gap-2.5 pr-1.5 pl-3"
      role="group"
      aria-label={info.title}
    >
      <h2 className="flex items-center gap-1.5 text-12 font-strong whitespace-nowrap">
        <Icon of={Combine} size={15} className="text-accent" />
        {info.title}
      </h2>
      <span className="num ell text-ink-2">
        {!found ? 'looking for sites' : count === 0 ? 'no site' : `${formatInteger(on)} of ${plural(count, 'site')} on`}
      </span>
      {misses > 0 && <NearMisses app={app} count={misses} />}
      {count > 0 && <SiteStepper app={app} at={preview.at} count={count} />}
      <ScopeControls app={app} preview={preview} />
      <Options app={app} info={info} preview={preview} />
      {count > 1 && (
        <Button
          variant="ghost"
          size="small"
          className="hidden fold:inline-flex"
          onClick={() => app.actions.setAllSites(on < count)}
        >
          {on < count ? 'All on' : 'All off'}
        </Button>
      )}
      <Button variant="ghost" size="small" onClick={() => app.actions.cancelLook()}>
        Cancel
      </Button>
      <Button
        variant="primary"
        size="small"
        keys="↵"
        disabled={on === 0 || applying}
        onClick={() => void app.actions.apply()}
      >
        {applying ? 'Applying' : on === 0 ? 'Apply' : `Apply ${formatInteger(on)}`}
      </Button>
    </div>
  );
}

/** The pass being looked at: how many of its sites are on, and the two ways out. */
export function PassBar({ app }: { readonly app: App }) {
  const preview = useDocument(app, (state) => state.preview);
  const info = useDocument(app, (state) => state.passes.find((pass) => pass.id === preview?.pass));
  const found = useDocument(app, (state) => (preview ? state.sites[preview.pass] : undefined));
  if (!preview || !info) return null;
  return <Bar app={app} info={info} preview={preview} found={found} />;
}
