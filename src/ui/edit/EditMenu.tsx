import { ContextMenu } from 'radix-ui';
import { Fragment, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { nodeTitle } from '../kit/node-title.ts';
import { groupActions, modelActions, nodeActions, type EditAction } from './actions.ts';
import './edit.css';

function Items({ actions }: { readonly actions: readonly EditAction[] }) {
  return actions.map(({ id, icon, title, run }) => (
    <ContextMenu.Item key={id} className="edit-item" onSelect={run}>
      <Icon of={icon} className="text-ink-3" />
      <span className="ell">{title}</span>
    </ContextMenu.Item>
  ));
}

function Content({ app, node }: { readonly app: App; readonly node: number | null }) {
  const view = app.document.getState().picture?.view;
  if (!view) return null;
  const { selectedGroup } = app.view.getState();
  const group = node === null ? selectedGroup : null;
  const groups = node !== null ? nodeActions(app, node, view) : group !== null ? [groupActions(app, group, view)] : [];
  return (
    <>
      <ContextMenu.Label className="edit-menu-head num">
        {node !== null
          ? nodeTitle(view, node)
          : (view.groups.names[view.groups.keys.indexOf(group ?? '')] ?? 'The model')}
      </ContextMenu.Label>
      {groups.map((actions) => (
        <Fragment key={actions[0]?.id}>
          <Items actions={actions} />
          <ContextMenu.Separator className="sep" />
        </Fragment>
      ))}
      <Items actions={modelActions(app)} />
    </>
  );
}

/** Where the menu opens for the keyboard: at the selected node where it is drawn, else in the middle. */
function placeFor(area: HTMLElement): { readonly clientX: number; readonly clientY: number } {
  const { left, top, width, height } = (area.querySelector('.gc-selected') ?? area).getBoundingClientRect();
  return { clientX: left + width / 2, clientY: top + height / 2 };
}

const isMenuKey = ({ key, shiftKey }: KeyboardEvent): boolean => key === 'ContextMenu' || (key === 'F10' && shiftKey);

interface EditMenuProps {
  readonly app: App;
  /** The node under the pointer. */
  readonly hovered: number | null;
  readonly children: ReactNode;
}

/** What can be done at a node: by right click, or by Shift+F10 and the menu key for the selected one. */
export function EditMenu({ app, hovered, children }: EditMenuProps) {
  const [node, setNode] = useState<number | null>(null);
  const aim = (event: MouseEvent<HTMLElement>): void => {
    const byPointer = event.nativeEvent instanceof PointerEvent && event.nativeEvent.pointerType !== '';
    const at = byPointer ? hovered : app.view.getState().selected;
    setNode(at);
    if (at !== null && !app.actions.chosenNodes().includes(at)) app.actions.select(at);
  };
  const openByKey = (event: KeyboardEvent<HTMLElement>): void => {
    if (!isMenuKey(event)) return;
    event.preventDefault();
    const place = placeFor(event.currentTarget.querySelector<HTMLElement>('.gc') ?? event.currentTarget);
    event.target.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, ...place }));
  };
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>
        <div className="contents" onContextMenuCapture={aim} onKeyDown={openByKey}>
          {children}
        </div>
      </ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content
          className="pop edit-menu"
          aria-label="Edit"
          onCloseAutoFocus={(event) => app.document.getState().edit && event.preventDefault()}
        >
          <Content app={app} node={node} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
