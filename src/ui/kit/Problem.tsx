import { CircleX, Copy, FileWarning, MemoryStick, Unplug, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ErrorCode, ErrorRecord } from '../../base/error.ts';
import { formatInteger } from '../../base/format.ts';
import { Button, Icon } from './controls.tsx';

const TITLES: Readonly<Record<ErrorCode, string>> = {
  'bad-file': 'The file cannot be read',
  unsupported: 'Not supported yet',
  'external-data': 'External data does not fit',
  'invalid-graph': 'The graph is not valid',
  'bad-request': 'That does not fit',
  'pass-failed': 'The pass was undone',
  'replay-failed': 'The recipe does not fit this model',
  runtime: 'The runtime refused',
  'out-of-memory': 'Not enough memory',
  cancelled: 'Cancelled',
  'worker-died': 'A worker ended',
  'device-lost': 'The device went away',
  internal: 'A defect in the studio',
};

/** What a person can do about it: the next step stands last. */
const CURES: Readonly<Partial<Record<ErrorCode, string>>> = {
  'bad-file': 'Other formats have to be exported to ONNX first.',
  'external-data': 'Drop the model together with all of its data files.',
  'out-of-memory': 'Close other tabs, or try a smaller model.',
  'replay-failed': 'What was there before is kept. Steps can be applied one by one from the list of passes.',
  'worker-died': 'The file and the recipe are kept. Try again; memory is the usual cause.',
  internal: 'The page goes on working. The details help whoever looks into it.',
};

const ICONS: Readonly<Partial<Record<ErrorCode, LucideIcon>>> = {
  'bad-file': FileWarning,
  'external-data': Unplug,
  'out-of-memory': MemoryStick,
};

/** Keys of an error's data that say where: shown under the message. */
const PLACES: readonly (readonly [key: string, label: string])[] = [
  ['byte', 'Byte offset'],
  ['field', 'Field'],
  ['node', 'Node'],
  ['attribute', 'Attribute'],
  ['tensor', 'Tensor'],
  ['value', 'Value'],
  ['file', 'File'],
  ['step', 'Step'],
];

/** The next step; a file that was cut short has a likelier cause than a wrong format. */
function cureOf({ code, data }: ErrorRecord): string | undefined {
  if (code === 'bad-file' && data['byte'] !== undefined) return 'A download that stopped is the usual cause.';
  return CURES[code];
}

function placesOf({ data }: ErrorRecord, what: string | undefined): readonly (readonly [string, string])[] {
  return PLACES.flatMap(([key, label]) => {
    const value = data[key];
    if ((typeof value !== 'string' && typeof value !== 'number') || value === what) return [];
    return [[label, typeof value === 'number' ? formatInteger(value) : value] as const];
  });
}

interface ProblemProps {
  readonly error: ErrorRecord;
  /** What was tried: "Fold batch norm". */
  readonly what?: string | undefined;
  readonly children?: ReactNode;
  readonly compact?: boolean;
}

/** An error in place: what, where, and the next step. */
export function Problem({ error, what, children, compact = false }: ProblemProps) {
  const places = placesOf(error, what);
  const cure = cureOf(error);
  const details = JSON.stringify({ what, ...error }, null, 2);
  return (
    <section role="alert" className="problem">
      <h3 className="flex items-center gap-2">
        <Icon of={ICONS[error.code] ?? CircleX} size={compact ? 15 : 17} className="text-error" />
        <span className="h3 ell">
          {what === undefined ? TITLES[error.code] : `${what}: ${TITLES[error.code].toLowerCase()}`}
        </span>
      </h3>
      <p className="mt-1.5 text-12 text-ink-2 [overflow-wrap:anywhere]">{error.message}</p>
      {places.length > 0 && (
        <dl className="kv mt-2">
          {places.map(([label, value]) => (
            <div key={label + value} className="contents">
              <dt>{label}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className="mt-2.5 flex flex-wrap gap-1.5">
        {children}
        <Button size="small" variant="ghost" icon={Copy} onClick={() => void navigator.clipboard?.writeText(details)}>
          Copy details
        </Button>
      </div>
      {cure && <p className="mt-2 text-11 text-ink-3">{cure}</p>}
    </section>
  );
}
