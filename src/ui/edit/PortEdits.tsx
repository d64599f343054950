import { Pencil, Ruler, X } from 'lucide-react';
import type { IoSummary } from '../../analysis/summary.ts';
import type { App } from '../../state/app.ts';
import { IconButton } from '../kit/controls.tsx';

interface PortEditsProps {
  readonly app: App;
  readonly kind: 'input' | 'output';
  readonly port: IoSummary;
}

/** Buttons beside an input or output of the model. */
export function PortEdits({ app, kind, port: { name, shape } }: PortEditsProps) {
  const { beginEdit } = app.actions;
  const remove = kind === 'input' ? 'remove-input' : 'remove-output';
  return (
    <span className="port-edits">
      <IconButton
        icon={Pencil}
        size="small"
        iconSize={12}
        label={`Rename ${name}`}
        onClick={() => void beginEdit('rename', [], { kind: 'value', from: name })}
      />
      {kind === 'input' && (
        <IconButton
          icon={Ruler}
          size="small"
          iconSize={12}
          label={`Set the shape of ${name}`}
          onClick={() => void beginEdit('set-input-shape', [], { shapes: { [name]: shape ?? [] } })}
        />
      )}
      <IconButton
        icon={X}
        size="small"
        iconSize={12}
        label={`Remove ${kind} ${name}`}
        onClick={() => void beginEdit(remove, [], { [kind]: name })}
      />
    </span>
  );
}
