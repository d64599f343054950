import { clsx } from 'clsx';
import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';

/** Icons inherit colour; the stroke is the look's. */
export function Icon({ of: Drawn, size = 14, className }: { of: LucideIcon; size?: number; className?: string }) {
  return <Drawn size={size} strokeWidth={1.75} aria-hidden="true" className={clsx('flex-none', className)} />;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: 'plain' | 'primary' | 'ghost';
  readonly size?: 'small' | 'normal' | 'large';
  readonly icon?: LucideIcon;
  readonly iconSize?: number;
  readonly keys?: string;
}

const SIZES = { small: 'btn-sm', normal: '', large: 'btn-lg' } as const;
const VARIANTS = { plain: '', primary: 'btn-primary', ghost: 'btn-ghost' } as const;

export function Button(props: ButtonProps) {
  const { variant = 'plain', size = 'normal', icon, iconSize, keys, children, className, ...rest } = props;
  return (
    <button type="button" className={clsx('btn', VARIANTS[variant], SIZES[size], className)} {...rest}>
      {icon && <Icon of={icon} size={iconSize ?? (size === 'large' ? 15 : size === 'small' ? 13 : 14)} />}
      {children}
      {keys && (
        <kbd className="kbd" aria-hidden="true">
          {keys}
        </kbd>
      )}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: LucideIcon;
  /** Its name: what it does. */
  readonly label: string;
  readonly keys?: string;
  readonly size?: 'small' | 'normal';
  readonly iconSize?: number;
}

/** A button without words; the name is for screen readers and on hover. */
export function IconButton({ icon, label, keys, size = 'normal', iconSize, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
      className={clsx('btn btn-ghost btn-icon', size === 'small' && 'btn-sm', className)}
      {...rest}
    >
      <Icon of={icon} size={iconSize ?? (size === 'small' ? 14 : 15)} />
    </button>
  );
}

export type Tone = 'good' | 'warning' | 'error' | 'changed' | 'fused' | 'accent' | 'none';

export function Badge({ tone = 'none', icon, children }: { tone?: Tone; icon?: LucideIcon; children: ReactNode }) {
  return (
    <span className={clsx('badge', tone !== 'none' && `tone-${tone}`)}>
      {icon && <Icon of={icon} size={11} />}
      {children}
    </span>
  );
}

interface SegmentProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string; readonly disabled?: boolean }[];
  readonly onChange: (value: T) => void;
  readonly className?: string;
  readonly stretch?: boolean;
}

const NEXT: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** A choice of few, all in sight. One stop for Tab; arrows choose. */
export function Segments<T extends string>({ label, value, options, onChange, className, stretch }: SegmentProps<T>) {
  const step = (key: string, target: HTMLElement): boolean => {
    const by = NEXT[key];
    if (by === undefined) return false;
    const usable = options.filter((option) => !option.disabled);
    const at = usable.findIndex((option) => option.value === value);
    const next = usable[(at + by + usable.length) % usable.length];
    if (!next) return false;
    onChange(next.value);
    target.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
    return true;
  };
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className={clsx('seg', className)}
      onKeyDown={(event) => {
        if (step(event.key, event.currentTarget)) event.preventDefault();
      }}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          data-value={option.value}
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          disabled={option.disabled}
          className={clsx(stretch && 'flex-1')}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

/** Tabs over one panel whose id is `panel`. */
export function Tabs<T extends string>({
  label,
  value,
  options,
  onChange,
  panel,
  className,
}: Omit<SegmentProps<T>, 'stretch' | 'options'> & {
  readonly panel: string;
  readonly options: readonly { readonly value: T; readonly label: ReactNode }[];
}) {
  return (
    <div
      role="tablist"
      aria-label={label}
      className={className}
      onKeyDown={(event) => {
        const by = NEXT[event.key];
        if (by === undefined) return;
        const at = options.findIndex((option) => option.value === value);
        const next = options[(at + by + options.length) % options.length];
        if (!next) return;
        event.preventDefault();
        onChange(next.value);
        event.currentTarget.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
      }}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="tab"
          data-value={option.value}
          aria-selected={option.value === value}
          aria-controls={panel}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

interface ProgressBarProps {
  readonly label: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
}

/** How far a job is. Without a total the bar says that the end is not known. */
export function ProgressBar({ done, total, label }: ProgressBarProps) {
  const share = done !== undefined && total ? Math.min(1, done / total) : null;
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share === null ? {} : { 'aria-valuenow': Math.round(share * 100) })}
      className="progress"
      data-unknown={share === null ? '' : undefined}
    >
      <i style={share === null ? undefined : { width: `${share * 100}%` }} />
    </div>
  );
}

/** `⌘` on a Mac, `Ctrl ` elsewhere. */
export const MOD = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '') ? '⌘' : 'Ctrl ';
