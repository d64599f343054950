import { useRef } from 'react';
import type { GivenFile } from '../../protocol/api.ts';
import { givenFiles } from '../start/files.ts';
import { Button } from './controls.tsx';

interface Props {
  /** What the button does, in words. */
  readonly children: string;
  /** What the dialog is for. */
  readonly label: string;
  readonly accept?: string;
  readonly folder?: boolean;
  readonly multiple?: boolean;
  readonly disabled?: boolean;
  onFiles(files: readonly GivenFile[]): void;
}

/** A button that opens the browser's dialog for files, or for a folder. */
export function FileButton({ children, label, accept, folder = false, multiple = false, disabled, onFiles }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-label={label}
        accept={accept}
        multiple={multiple}
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          const files = givenFiles(event.target.files ?? []);
          // The same file may be chosen again.
          event.target.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
      <Button size="small" disabled={disabled} onClick={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
