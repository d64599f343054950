import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { App } from '../../state/app.ts';
import { IconButton } from '../kit/controls.tsx';
import { useReturnFocus } from '../kit/use-return-focus.ts';
import { useView } from '../kit/use-store.ts';
import { chordText, KEYS, SECTIONS } from './keys.ts';

function Section({ title }: { readonly title: (typeof SECTIONS)[number] }) {
  return (
    <section className="mb-5 break-inside-avoid">
      <h3 className="h4 mb-1.5">{title}</h3>
      <dl className="grid grid-cols-[92px_1fr] gap-y-1.5 text-12">
        {KEYS.filter((row) => row.section === title).map(({ id, chords, what }) => (
          <div key={id} className="contents">
            <dt className="flex flex-wrap content-start gap-1">
              {chords.map((chord) => (
                <kbd key={chord} className="kbd">
                  {chordText(chord)}
                </kbd>
              ))}
            </dt>
            <dd className="text-ink-2">{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The keyboard, on one sheet: the table of keys as it stands. */
export function HelpSheet({ app }: { readonly app: App }) {
  const open = useView(app, (state) => state.help);
  const focus = useReturnFocus();
  return (
    <Dialog.Root open={open} onOpenChange={(help) => app.actions.show({ help })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          {...focus}
          className="pop fixed top-[6vh] left-1/2 z-50 flex max-h-[88vh] w-[min(860px,94vw)] -translate-x-1/2 flex-col p-5"
        >
          <div className="flex items-center justify-between">
            <Dialog.Title className="text-18 font-strong tracking-[-0.018em]">Keys</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" />
            </Dialog.Close>
          </div>
          <Dialog.Description className="mt-1 text-12 text-ink-2">
            Look at a pass, switch single sites off, apply; every step can be undone. The file on disk is never changed.
          </Dialog.Description>
          <div
            role="region"
            aria-label="Table of keys"
            tabIndex={0}
            className="-mx-2 mt-4 min-h-0 columns-2 gap-8 overflow-y-auto px-2"
          >
            {SECTIONS.map((title) => (
              <Section key={title} title={title} />
            ))}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
