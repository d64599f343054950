import { ChevronsUpDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { formatBytes, plural } from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import { Icon, MOD } from '../kit/controls.tsx';
import { BrandMark } from '../kit/Glyph.tsx';
import { useDocument } from '../kit/use-store.ts';
import { chooseFiles } from '../start/files.ts';
import { keysOf } from './keys.ts';

const ITEM =
  'flex h-[28px] items-center justify-between gap-6 rounded-2 px-2 text-12 outline-none data-highlighted:bg-hover data-highlighted:text-ink text-ink-2';

function FactRow({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd className="ell">{value}</dd>
    </>
  );
}

function Facts({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const original = document?.stops[0]?.summary;
  if (!document || !original) return null;
  return (
    <div className="px-2 pt-1 pb-2">
      <dl className="kv num">
        <FactRow label="File" value={formatBytes(document.fileBytes)} />
        <FactRow label="Opset" value={String(original.opset)} />
        <FactRow label="IR version" value={String(document.irVersion)} />
        <FactRow label="Made by" value={document.producer || 'not said'} />
      </dl>
      {document.warnings.map((warning) => (
        <p key={warning} className="mt-2 text-11 text-warning">
          {warning}
        </p>
      ))}
    </div>
  );
}

/** What is shown, in one line: `opset 17 · 151 nodes · 1 in preview`. */
function useLine(app: App): string {
  return useDocument(app, ({ document, preview, prune }) => {
    const summary = document?.stops[document.cursor]?.summary;
    if (!document || !summary) return '';
    if (document.missing.length > 0) return `${plural(document.missing.length, 'data file')} missing`;
    const state = preview || prune ? '1 in preview' : document.cursor === 0 ? 'original' : 'original kept';
    return `opset ${summary.opset} · ${plural(summary.nodes, 'node')} · ${state}`;
  });
}

/** Brand and file; the menu holds what concerns the file as a whole. */
export function FileMenu({ app, width }: { readonly app: App; readonly width: number }) {
  const name = useDocument(app, (state) => state.document?.name ?? '');
  const line = useLine(app);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          aria-label={`File ${name}`}
          className="flex h-full flex-none items-center gap-[9px] border-r border-line pr-2.5 pl-3.5 text-left outline-offset-[-2px] hover:bg-hover data-[state=open]:bg-hover"
          style={{ width }}
        >
          <BrandMark />
          <span className="flex min-w-0 flex-1 flex-col leading-[1.2]">
            <span className="ell text-125 font-strong tracking-[-0.01em]">{name}</span>
            <span className="num ell text-105 text-ink-3">{line}</span>
          </span>
          <Icon of={ChevronsUpDown} size={13} className="text-ink-3" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="start" sideOffset={4} className="pop z-40 ml-2 w-[260px] p-1.5">
          <Facts app={app} />
          <DropdownMenu.Separator className="sep mx-1 my-1" />
          <DropdownMenu.Item className={ITEM} onSelect={chooseFiles}>
            Open another file<kbd className="kbd">{MOD}O</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => void app.actions.copyLink()}>
            Copy a link to what is shown<kbd className="kbd">{keysOf('link')}</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => app.actions.saveRecipe()}>
            Save the recipe
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => app.actions.show({ help: true })}>
            Keys<kbd className="kbd">?</kbd>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => app.actions.close()}>
            Close, back to the start
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
