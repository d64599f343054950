import { Ellipsis } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { Fragment } from 'react';
import type { App } from '../../state/app.ts';
import { Icon, IconButton } from '../kit/controls.tsx';
import { nodeActions } from './actions.ts';
import './edit.css';

/** The hand edits of a node, for the head of the inspector. */
export function NodeEdits({ app, node }: { readonly app: App; readonly node: number }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton icon={Ellipsis} size="small" label="Edit this node" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="pop edit-menu"
          align="end"
          sideOffset={6}
          aria-label="Edit this node"
          onCloseAutoFocus={(event) => app.document.getState().edit && event.preventDefault()}
        >
          <Items app={app} node={node} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Items({ app, node }: { readonly app: App; readonly node: number }) {
  const view = app.document.getState().picture?.view;
  if (!view) return null;
  return nodeActions(app, node, view).map((actions, index) => (
    <Fragment key={actions[0]?.id}>
      {index > 0 && <DropdownMenu.Separator className="sep" />}
      {actions.map(({ id, icon, title, run }) => (
        <DropdownMenu.Item key={id} className="edit-item" onSelect={run}>
          <Icon of={icon} className="text-ink-3" />
          <span className="ell">{title}</span>
        </DropdownMenu.Item>
      ))}
    </Fragment>
  ));
}
