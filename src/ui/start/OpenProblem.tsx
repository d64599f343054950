import { FolderOpen } from 'lucide-react';
import type { App } from '../../state/app.ts';
import { Button } from '../kit/controls.tsx';
import { Problem } from '../kit/Problem.tsx';
import { useDocument } from '../kit/use-store.ts';
import { chooseFiles } from './files.ts';

/** Why a file did not open; what was open stays open. */
export function OpenProblem({ app }: { readonly app: App }) {
  const error = useDocument(app, (state) => state.openError);
  const name = useDocument(app, (state) => state.openErrorName);
  if (!error) return null;
  return (
    <Problem error={error} what={name ?? undefined}>
      <Button size="small" icon={FolderOpen} onClick={chooseFiles}>
        Choose another file
      </Button>
      <Button size="small" variant="ghost" onClick={() => app.actions.dismissOpenError()}>
        Dismiss
      </Button>
    </Problem>
  );
}
