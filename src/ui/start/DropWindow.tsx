import { FileDown } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { fileInputId, holdsFiles, openDropped } from './files.ts';

/** True while files are held over the window. Leaving a child also fires, so entries are counted. */
function useFileDrag(app: App): boolean {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const listening = new AbortController();
    const on = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', react: (event: DragEvent) => void): void =>
      window.addEventListener(
        type,
        (event) => {
          if (!holdsFiles(event)) return;
          event.preventDefault();
          react(event);
        },
        { signal: listening.signal },
      );
    const count = (by: number): void => {
      depth.current = Math.max(0, depth.current + by);
      setOver(depth.current > 0);
    };
    on('dragenter', () => count(1));
    on('dragover', (event) => {
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    });
    on('dragleave', () => count(-1));
    on('drop', (event) => {
      count(-depth.current);
      if (event.dataTransfer) openDropped(app, event.dataTransfer);
    });
    return () => listening.abort();
  }, [app]);
  return over;
}

/** The whole window takes files, at any time; the file input for the dialog lives here too. */
export function DropWindow({ app }: { readonly app: App }) {
  const over = useFileDrag(app);
  const open = useDocument(app, (state) => state.document !== null);
  const missing = useDocument(app, (state) => (state.document?.missing.length ?? 0) > 0);
  return (
    <form aria-label="Files">
      <input
        id={fileInputId}
        type="file"
        multiple
        aria-label="Model files"
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          void app.actions.openFiles(files);
        }}
      />
      {over && (
        <div className="pointer-events-none fixed inset-0 z-50 bg-[color-mix(in_oklch,var(--app)_70%,transparent)] p-3">
          <div className="flex h-full flex-col items-center justify-center rounded-5 border-2 border-dashed border-accent bg-[color-mix(in_oklch,var(--accent)_8%,transparent)]">
            <div className="pop flex flex-col items-center px-10 py-7">
              <Icon of={FileDown} size={32} className="text-accent" />
              <p className="mt-4 text-17 font-strong">{open ? 'Drop to open here' : 'Drop to open'}</p>
              <p className="mt-1 text-13 text-ink-2">
                {missing
                  ? 'a missing data file, another model, or a recipe'
                  : open
                    ? 'another model takes the place of this one; a recipe is replayed on it'
                    : 'an ONNX model with its data files, or a recipe'}
              </p>
            </div>
          </div>
        </div>
      )}
    </form>
  );
}
