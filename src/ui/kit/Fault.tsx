import { clsx } from 'clsx';
import { CircleAlert } from 'lucide-react';
import { Icon } from './controls.tsx';

interface FaultProps {
  readonly id: string;
  /** What was written. */
  readonly text: string;
  readonly fault: { readonly at: number; readonly length: number; readonly message: string };
  readonly className?: string;
}

/** Under a field: what cannot be read, and where. */
export function Fault({ id, text, fault, className }: FaultProps) {
  const end = Math.max(fault.at + 1, fault.at + fault.length);
  return (
    <div id={id} className={clsx('text-11 text-ink-2', className)}>
      <pre className="mono overflow-x-hidden whitespace-pre-wrap text-ink-3" aria-hidden="true">
        {text.slice(0, fault.at)}
        <mark className="query-fault">{text.slice(fault.at, end) || '\u00a0'}</mark>
        {text.slice(end)}
      </pre>
      <p className="flex items-start gap-1.5">
        <Icon of={CircleAlert} size={12} className="mt-0.5 text-error" />
        <span>
          <span className="sr-only">At character {fault.at + 1}: </span>
          {fault.message}
        </span>
      </p>
    </div>
  );
}
