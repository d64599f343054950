import { Command as Menu } from 'cmdk';
import { Dialog } from 'radix-ui';
import { useMemo, useRef, useState } from 'react';
import type { App } from '../../state/app.ts';
import { useStore } from 'zustand';
import { labelOf, rowsNamed } from '../../state/query/go-to.ts';
import { useReturnFocus } from '../kit/use-return-focus.ts';
import { useStages } from '../kit/use-stages.ts';
import { useDocument, useSettings, useView } from '../kit/use-store.ts';
import { COMMAND_GROUPS, commandKeys, type Command } from './commands/command.ts';
import { commandsOf } from './commands/commands.ts';

/** Commands that were run last stand first, so many at most. */
const RECENT = 5;
/** Commands in the first task. */
const FIRST = 20;
/** Nodes that are offered by name, so many at most. */
const NODES = 8;

type Run = (work: () => void, id?: string) => void;

function Item({ command, place, run }: { readonly command: Command; readonly place: string; readonly run: Run }) {
  const refusal = command.refusal ?? null;
  const keys = commandKeys(command);
  return (
    <Menu.Item
      value={`${place} ${command.title}`}
      disabled={refusal !== null}
      className="palette-item"
      onSelect={() => run(command.run, command.id)}
    >
      <span className="ell flex-1">{command.title}</span>
      <span className="num ell max-w-[48%] text-11 text-ink-3">{refusal ?? command.hint}</span>
      {keys !== '' && <kbd className="kbd num">{keys}</kbd>}
    </Menu.Item>
  );
}

function Commands({ app, text, run }: { readonly app: App; readonly text: string; readonly run: Run }) {
  // What there is to do may change while the palette is open: sites arrive, jobs end.
  useStore(app.document);
  useStore(app.jobs);
  const all = commandsOf(app);
  // The first of them are there at once, the rest in the next task, or with the first letter: who writes fast and presses
  // Enter means one of all.
  const whole = useStages(2) > 1 || text !== '';
  const ids = useSettings(app, (settings) => settings.recentCommands);
  const recent = ids.flatMap((id) => all.find((command) => command.id === id && !command.refusal) ?? []);
  // What can run comes first.
  const inOrder = [...all].sort((a, b) => Number(Boolean(a.refusal)) - Number(Boolean(b.refusal)));
  const commands = whole ? inOrder : inOrder.slice(0, FIRST);
  const groups = [
    // While something is written, the same command would stand there twice.
    { title: 'Last used', members: text === '' ? recent : [] },
    ...COMMAND_GROUPS.map((title) => ({ title, members: commands.filter(({ group }) => group === title) })),
  ];
  return groups
    .filter(({ members }) => members.length > 0)
    .map(({ title, members }) => (
      <Menu.Group key={title} heading={title} className="palette-group">
        {members.map((command) => (
          <Item key={command.id} command={command} place={title} run={run} />
        ))}
      </Menu.Group>
    ));
}

/** Nodes by name or label: the way to `Conv 21` from anywhere. */
function Nodes({ app, text, run }: { readonly app: App; readonly text: string; readonly run: Run }) {
  const view = useDocument(app, (state) => state.picture?.view);
  const rows = useMemo(() => (view && text.trim().length > 1 ? rowsNamed(view, text, NODES) : []), [view, text]);
  if (!view || rows.length === 0) return null;
  const go = (row: number): void => {
    app.actions.setWorkspace('studio');
    app.actions.focusNode(view.nodeIds[row]!);
  };
  return (
    <Menu.Group heading="Nodes" className="palette-group" forceMount>
      {rows.map((row) => (
        // It was found by its name: letters are not compared once more.
        <Menu.Item
          key={row}
          forceMount
          value={`node ${view.nodeIds[row]}`}
          className="palette-item"
          onSelect={() => run(() => go(row))}
        >
          <span className="flex-none">Go to {labelOf(view, row)}</span>
          <span className="mono ell-left ml-auto text-11 text-ink-3">{view.nodeNames[row]}</span>
        </Menu.Item>
      ))}
    </Menu.Group>
  );
}

function Contents({ app, run }: { readonly app: App; readonly run: Run }) {
  const [text, setText] = useState('');
  return (
    <Menu label="Commands" loop>
      <Menu.Input
        value={text}
        onValueChange={setText}
        placeholder="What should be done, or which node?"
        className="h-11 w-full border-b border-line bg-transparent px-4 text-13 outline-none"
      />
      <Menu.List className="max-h-[52vh] overflow-y-auto p-1.5">
        <Menu.Empty className="px-3 py-4 text-ink-3">No command and no node has these letters.</Menu.Empty>
        <Commands app={app} text={text} run={run} />
        <Nodes app={app} text={text} run={run} />
      </Menu.List>
    </Menu>
  );
}

/** Everything that can be done, by typing. */
export function Palette({ app }: { readonly app: App }) {
  const open = useView(app, (state) => state.palette);
  const chosen = useRef<(() => void) | null>(null);
  const run: Run = (work, id) => {
    chosen.current = work;
    const { recentCommands } = app.settings.getState().settings;
    if (id !== undefined) {
      const others = recentCommands.filter((each) => each !== id);
      app.actions.changeSettings({ recentCommands: [id, ...others].slice(0, RECENT) });
    }
    app.actions.show({ palette: false });
  };
  // The focus goes back first: a command may put it elsewhere.
  const focus = useReturnFocus(() => {
    const work = chosen.current;
    chosen.current = null;
    work?.();
  });
  return (
    <Dialog.Root open={open} onOpenChange={(palette) => app.actions.show({ palette })}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          aria-describedby={undefined}
          {...focus}
          className="pop fixed top-[12vh] left-1/2 z-50 w-[min(620px,92vw)] -translate-x-1/2 overflow-hidden"
        >
          <Dialog.Title className="sr-only">Commands</Dialog.Title>
          <Contents app={app} run={run} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
