import { clsx } from 'clsx';
import { useEffect, useState, type ReactNode } from 'react';
import type { App } from '../../state/app.ts';

const SAID_MS = 1200;

interface CopyableProps {
  readonly app: App;
  /** What is copied. */
  readonly text: string;
  /** What it is: "kernel_shape". */
  readonly what: string;
  readonly className?: string;
  readonly children?: ReactNode;
}

/** A value that a click, or Enter, copies. */
export function Copyable({ app, text, what, className, children }: CopyableProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      app.notices.announce(`${what} copied.`);
    });
  };
  return (
    <button
      type="button"
      className={clsx('ins-copyable', className)}
      data-copied={copied ? '' : undefined}
      aria-label={`Copy ${what}: ${text}`}
      title={`${text}\nClick to copy`}
      onClick={copy}
    >
      {children ?? text}
    </button>
  );
}
