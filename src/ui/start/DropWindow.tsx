import { FileDiff, FileDown, type LucideIcon } from 'lucide-react';
import { clsx } from 'clsx';
import { useEffect, useRef, useState } from 'react';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { fileInputId, holdsFiles, openDropped } from './files.ts';

type Place = 'open' | 'compare';

/** Where files are held over the window; null: nowhere. Leaving a child also fires, so entries are counted. */
function useFileDrag(app: App): Place | null {
  const [over, setOver] = useState<Place | null>(null);
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
      if (depth.current === 0) setOver(null);
    };
    /** The right half compares, once there is something to compare with and nothing is missing of it. */
    const placeOf = ({ clientX }: DragEvent): Place => {
      const { document } = app.document.getState();
      return document && document.missing.length === 0 && clientX > window.innerWidth / 2 ? 'compare' : 'open';
    };
    on('dragenter', (event) => {
      count(1);
      setOver(placeOf(event));
    });
    on('dragover', (event) => {
      setOver(placeOf(event));
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    });
    on('dragleave', () => count(-1));
    on('drop', (event) => {
      count(-depth.current);
      if (event.dataTransfer) openDropped(app, event.dataTransfer, placeOf(event) === 'compare');
    });
    return () => listening.abort();
  }, [app]);
  return over;
}

interface DropZoneProps {
  readonly icon: LucideIcon;
  /** Files are held over it. */
  readonly lit: boolean;
  readonly title: string;
  readonly text: string;
}

function DropZone({ icon, lit, title, text }: DropZoneProps) {
  return (
    <div
      className={clsx(
        'flex h-full flex-1 flex-col items-center justify-center rounded-5 border-2 border-dashed',
        lit ? 'border-accent bg-[color-mix(in_oklch,var(--accent)_8%,transparent)]' : 'border-line-strong',
      )}
      data-lit={lit ? '' : undefined}
    >
      <div className="pop flex flex-col items-center px-10 py-7">
        <Icon of={icon} size={32} className={lit ? 'text-accent' : 'text-ink-3'} />
        <p className="mt-4 text-17 font-strong">{title}</p>
        <p className="mt-1 text-center text-13 text-ink-2">{text}</p>
      </div>
    </div>
  );
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
        <div className="pointer-events-none fixed inset-0 z-50 flex gap-3 bg-[color-mix(in_oklch,var(--app)_70%,transparent)] p-3">
          <DropZone
            icon={FileDown}
            lit={over === 'open'}
            title={open ? 'Drop to open here' : 'Drop to open'}
            text={
              missing
                ? 'a missing data file, another model, or a recipe'
                : open
                  ? 'another model takes the place of this one; a recipe is replayed on it'
                  : 'an ONNX model with its data files, or a recipe'
            }
          />
          {open && !missing && (
            <DropZone
              icon={FileDiff}
              lit={over === 'compare'}
              title="Drop to compare"
              text="a second model beside this one, which stays as it is"
            />
          )}
        </div>
      )}
    </form>
  );
}
