import type { App } from '../../../state/app.ts';
import { FileButton } from '../../kit/FileButton.tsx';
import { Problem } from '../../kit/Problem.tsx';
import { useCompare } from '../../kit/use-store.ts';

/** Opens a model beside the document, and takes it for B. */
export function SecondFile({
  app,
  open,
  disabled,
}: {
  readonly app: App;
  readonly open: boolean;
  readonly disabled: boolean;
}) {
  return (
    <FileButton
      label="Second model files"
      multiple
      disabled={disabled}
      onFiles={(files) =>
        void app.actions
          .openBeside(files.map(({ file }) => file))
          .then((opened) => (opened ? app.actions.setUpVerify({ b: 'second' }) : undefined))
      }
    >
      {open ? 'Another second file…' : 'Open a second file…'}
    </FileButton>
  );
}

/** Why the second file did not open. */
export function SecondProblem({ app }: { readonly app: App }) {
  const problem = useCompare(app, (state) => state.secondError);
  if (!problem) return null;
  return (
    <div className="mt-2.5">
      <Problem error={problem.error} what={problem.name} compact />
    </div>
  );
}
