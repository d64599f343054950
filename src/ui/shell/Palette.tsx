import { Command as Menu } from 'cmdk';
import { Dialog } from 'radix-ui';
import { useMemo } from 'react';
import type { App } from '../../state/app.ts';
import { useView } from '../kit/use-store.ts';
import { commandsOf, type Command } from './commands.ts';

const GROUPS: readonly Command['group'][] = ['Passes', 'Edit', 'Recipe', 'Measure', 'Look', 'Model', 'Page'];

function Items({ app }: { readonly app: App }) {
  const commands = useMemo(() => commandsOf(app), [app]);
  const run = (command: Command): void => {
    app.actions.show({ palette: false });
    command.run();
  };
  return GROUPS.map((group) => {
    const members = commands.filter((command) => command.group === group);
    if (members.length === 0) return null;
    return (
      <Menu.Group key={group} heading={group} className="palette-group">
        {members.map((command) => (
          <Menu.Item
            key={command.title}
            value={`${group} ${command.title}`}
            className="palette-item"
            onSelect={() => run(command)}
          >
            <span className="ell flex-1">{command.title}</span>
            {command.keys && <kbd className="kbd num">{command.keys}</kbd>}
          </Menu.Item>
        ))}
      </Menu.Group>
    );
  });
}

/** Everything that can be done, by typing. */
export function Palette({ app }: { readonly app: App }) {
  const open = useView(app, (state) => state.palette);
  return (
    <Dialog.Root open={open} onOpenChange={(palette) => app.actions.show({ palette })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          aria-describedby={undefined}
          className="pop fixed top-[14vh] left-1/2 z-50 w-[min(560px,92vw)] -translate-x-1/2 overflow-hidden"
        >
          <Dialog.Title className="sr-only">Commands</Dialog.Title>
          <Menu label="Commands" loop>
            <Menu.Input
              placeholder="What should be done?"
              className="h-11 w-full border-b border-line bg-transparent px-4 text-13 outline-none"
            />
            <Menu.List className="max-h-[46vh] overflow-y-auto p-1.5">
              <Menu.Empty className="px-3 py-4 text-ink-3">No command has these letters.</Menu.Empty>
              <Items app={app} />
            </Menu.List>
          </Menu>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
