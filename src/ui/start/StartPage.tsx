import { CircleQuestionMark, FileDown, FileJson, FolderOpen, Link2, ShieldCheck, X } from 'lucide-react';
import type { App } from '../../state/app.ts';
import { cutLeft, plural } from '../../base/format.ts';
import { modelName } from '../../state/link/types.ts';
import { Button, Icon, MOD } from '../kit/controls.tsx';
import { BrandMark } from '../kit/Glyph.tsx';
import { ThemeButton } from '../kit/ThemeButton.tsx';
import { useLater } from '../kit/use-later.ts';
import { useDocument } from '../kit/use-store.ts';
import { ContinueCard } from './ContinueCard.tsx';
import { DeviceChips } from './DeviceChips.tsx';
import { chooseFiles } from './files.ts';
import { LinkedReport } from './LinkedReport.tsx';
import { OpeningCard } from './Opening.tsx';
import { OpenProblem } from './OpenProblem.tsx';
import { Recents } from './Recents.tsx';
import { SampleCard } from './SampleCard.tsx';

function Header({ app }: { readonly app: App }) {
  return (
    <header className="flex h-16 flex-none items-center justify-between">
      <span className="flex items-center gap-2">
        <BrandMark size={22} />
        <b className="text-15 tracking-[-0.02em]">Whittle</b>
      </span>
      <span className="flex items-center gap-1.5">
        <DeviceChips app={app} />
        <ThemeButton app={app} />
        <Button variant="ghost" icon={CircleQuestionMark} onClick={() => app.actions.show({ help: true })}>
          Help
        </Button>
      </span>
    </header>
  );
}

/** What the page waits for: the file of a link, the model of a recipe, or anything. */
function useInvitation(app: App) {
  const pending = useDocument(app, (state) => state.pending);
  const waiting = useDocument(app, (state) => state.waiting);
  if (waiting) {
    const steps = waiting.recipe?.steps.length ?? 0;
    const sha256 = 'file' in waiting.model ? waiting.model.sha256 : undefined;
    const hash = sha256 === undefined ? '' : ` (SHA-256 ${sha256.slice(0, 12)}…)`;
    const replayed = steps > 0 ? `, and its recipe of ${plural(steps, 'step')} is replayed` : '';
    return {
      icon: Link2,
      title: `This link shows ${waiting.report ? 'a report of ' : waiting.node === null ? '' : `${cutLeft(waiting.node, 40)} of `}${modelName(waiting)}`,
      text: `Drop that file${hash}: it is shown as the link has it${replayed}. A link carries no weights.`,
      drop: { label: 'Without the link', run: () => app.actions.dropLink() },
    };
  }
  if (pending) {
    return {
      icon: FileJson,
      title: `Now drop ${pending.report?.model.name ?? `the model of ${pending.name}`}`,
      text: `its recipe of ${plural(pending.recipe.steps.length, 'step')} is replayed as soon as it is open`,
      drop: { label: 'Without the recipe', run: () => app.actions.dropPendingRecipe() },
    };
  }
  return {
    icon: FileDown,
    title: 'Drop an ONNX model anywhere',
    text: 'with its external data files, if it has any, or a recipe',
    drop: null,
  };
}

function DropInvitation({ app }: { readonly app: App }) {
  const { icon, title, text, drop } = useInvitation(app);
  return (
    <>
      <span className="grid size-[58px] place-items-center rounded-[16px] bg-[color-mix(in_oklch,var(--accent)_14%,var(--panel))] text-accent">
        <Icon of={icon} size={26} />
      </span>
      <h2 className="mt-4 text-center text-17 font-strong tracking-[-0.015em] [overflow-wrap:anywhere]">{title}</h2>
      <p className="mt-1 text-center text-13 text-ink-2">{text}</p>
      <div className="mt-[18px] flex gap-2">
        <Button variant="primary" size="large" icon={FolderOpen} keys={`${MOD}O`} onClick={chooseFiles}>
          Choose files
        </Button>
        {drop && (
          <Button size="large" icon={X} onClick={drop.run}>
            {drop.label}
          </Button>
        )}
      </div>
    </>
  );
}

/** The place to drop; its size stays the same whatever it says, so that nothing jumps. */
function DropCard({ app }: { readonly app: App }) {
  const opening = useLater(useDocument(app, (state) => state.status === 'opening'));
  const failed = useDocument(app, (state) => state.openError !== null);
  const offline = useDocument(app, (state) => state.offline);
  return (
    <div className="overflow-hidden rounded-5 bg-panel shadow-[inset_0_0_0_1px_var(--line)]">
      <div className="m-2.5 flex min-h-[298px] flex-col items-center justify-center rounded-[9px] border-[1.5px] border-dashed border-[color-mix(in_oklch,var(--accent)_55%,var(--line))] bg-[color-mix(in_oklch,var(--accent)_5%,transparent)] p-5">
        {opening ? (
          <div className="card w-full max-w-[460px] bg-raised p-4">
            <OpeningCard app={app} />
          </div>
        ) : failed ? (
          <div className="w-full max-w-[540px]">
            <OpenProblem app={app} />
          </div>
        ) : (
          <DropInvitation app={app} />
        )}
      </div>
      <p className="flex items-center gap-2 px-[18px] pt-0.5 pb-[13px] text-12 text-ink-2">
        <Icon of={ShieldCheck} className="text-added" />
        <span>The file stays on this machine. Nothing is uploaded.{offline && ' Works without a network.'}</span>
        <span className="num ml-auto text-ink-3">.onnx · .onnx.data · .json</span>
      </p>
    </div>
  );
}

function Samples({ app }: { readonly app: App }) {
  const samples = useDocument(app, (state) => state.samples);
  return (
    <section aria-labelledby="samples-title" className="mt-10 min-h-[190px]">
      <div className="mb-2.5 flex items-center justify-between">
        <h2 id="samples-title" className="h3">
          Samples
        </h2>
        <span className="text-11 text-ink-3">built in the page, open at once</span>
      </div>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(300px,1fr))] gap-3">
        {samples.map((sample) => (
          <SampleCard key={sample.id} sample={sample} onOpen={() => void app.actions.openSample(sample.id)} />
        ))}
      </div>
    </section>
  );
}

/** Where everything begins: a place to drop, recipes of before, samples. */
export function StartPage({ app }: { readonly app: App }) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-[1280px] flex-col px-10 pb-8">
        <Header app={app} />
        <main className="mt-7">
          <div className="grid grid-cols-1 gap-9 fold:grid-cols-[minmax(0,1fr)_388px]">
            <div>
              <h1 className="mb-6 text-34 leading-[1.18] font-strong tracking-[-0.032em]">
                Smaller, faster ONNX models.
                <br />
                <span className="text-ink-3">Checked and timed on this device.</span>
              </h1>
              <ContinueCard app={app} />
              <DropCard app={app} />
              <LinkedReport app={app} />
            </div>
            <div className="fold:pt-[66px]">
              <Recents app={app} />
            </div>
          </div>
          <Samples app={app} />
        </main>
      </div>
    </div>
  );
}
