import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { App } from '../../state/app.ts';
import { IconButton, MOD } from '../kit/controls.tsx';
import { useView } from '../kit/use-store.ts';

type Row = readonly [keys: string, what: string];

const SECTIONS: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  {
    title: 'Everywhere',
    rows: [
      [`${MOD}K`, 'All commands'],
      [`${MOD}O`, 'Open files'],
      [`${MOD}F`, 'Search nodes'],
      ['F6', 'Next region; ⇧F6 the one before'],
      [`${MOD}\\`, 'Inspector open or closed'],
      ['?', 'This sheet'],
    ],
  },
  {
    title: 'Canvas',
    rows: [
      ['↑ ↓ ← →', 'Producer, consumer, siblings'],
      ['F', 'Fit the selection, or all'],
      ['1', '100 %'],
      ['0', 'Everything'],
      ['O', 'Next overlay'],
      ['D', 'What the last step changed'],
    ],
  },
  {
    title: 'Passes',
    rows: [
      ['[ ]', 'Previous and next match, site or change'],
      ['Space', 'Site of the selected node on or off'],
      ['↵', 'Apply'],
      ['Esc', 'Cancel'],
    ],
  },
  {
    title: 'Recipe',
    rows: [
      [`${MOD}Z`, 'Undo'],
      [`⇧${MOD}Z`, 'Redo'],
    ],
  },
];

/** The keyboard, on one sheet. */
export function HelpSheet({ app }: { readonly app: App }) {
  const open = useView(app, (state) => state.help);
  return (
    <Dialog.Root open={open} onOpenChange={(help) => app.actions.show({ help })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="pop fixed top-[12vh] left-1/2 z-50 w-[min(680px,92vw)] -translate-x-1/2 p-5">
          <div className="flex items-center justify-between">
            <Dialog.Title className="text-18 font-strong tracking-[-0.018em]">Keys</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" />
            </Dialog.Close>
          </div>
          <Dialog.Description className="mt-1 text-12 text-ink-2">
            Look at a pass, switch single sites off, apply; every step can be undone. The file on disk is never changed.
          </Dialog.Description>
          <div className="mt-4 grid grid-cols-2 gap-x-8 gap-y-5">
            {SECTIONS.map(({ title, rows }) => (
              <section key={title}>
                <h3 className="h4 mb-1.5">{title}</h3>
                <dl className="grid grid-cols-[92px_1fr] gap-y-1.5 text-12">
                  {rows.map(([keys, what]) => (
                    <div key={keys} className="contents">
                      <dt>
                        <kbd className="kbd">{keys}</kbd>
                      </dt>
                      <dd className="text-ink-2">{what}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
