import { useId, type ReactNode } from 'react';
import type { StopView } from '../../engine/types.ts';
import type { Capabilities } from '../../runtime/types.ts';
import { Segments } from '../kit/controls.tsx';
import { RUN_CHOICES, type Setup } from './setup.ts';

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly disabled?: boolean;
  onChange(value: string): void;
  readonly children: ReactNode;
}
function Select({ label, value, disabled = false, onChange, children }: SelectProps) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <select
        id={id}
        className="select max-w-44"
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      >
        {children}
      </select>
    </span>
  );
}

const stopLabel = (stop: StopView): string => (stop.index === 0 ? 'Original' : `${stop.index} ${stop.title}`);

interface Props {
  readonly setup: Setup;
  readonly stops: readonly StopView[];
  readonly capabilities: Capabilities | null;
  readonly threads: number;
  readonly disabled: boolean;
  /** Chooses where to measure. */
  readonly where?: ReactNode;
  onSetup(patch: Partial<Setup>): void;
  onThreads(threads: number): void;
}

/** What to time: the two stops, the backend, threads and runs. */
export function BenchSetup(props: Props) {
  const { setup, stops, capabilities, threads, disabled, where, onSetup, onThreads } = props;
  const webgpu = capabilities?.webgpu ?? null;
  const most = capabilities?.maxThreads ?? 1;
  const options = stops.map((stop) => (
    <option key={stop.index} value={stop.index}>
      {stopLabel(stop)}
    </option>
  ));
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What to time">
      <Select
        label="Compare"
        value={String(setup.a)}
        disabled={disabled}
        onChange={(value) => onSetup({ a: Number(value) })}
      >
        {options}
      </Select>
      <Select
        label="with"
        value={setup.b === null ? 'none' : String(setup.b)}
        disabled={disabled}
        onChange={(value) => onSetup({ b: value === 'none' ? null : Number(value) })}
      >
        <option value="none">nothing, time it alone</option>
        {options}
      </Select>
      {where}
      <Segments
        label="Backend"
        value={setup.backend}
        onChange={(backend) => onSetup({ backend })}
        options={[
          { value: 'wasm', label: 'WASM', disabled },
          { value: 'webgpu', label: 'WebGPU', disabled: disabled || webgpu === null },
        ]}
      />
      <Select
        label="Threads"
        value={String(Math.min(threads, most))}
        disabled={disabled}
        onChange={(value) => onThreads(Number(value))}
      >
        {Array.from({ length: most }, (_, index) => (
          <option key={index} value={index + 1}>
            {index + 1}
          </option>
        ))}
      </Select>
      <Select
        label="Runs"
        value={String(setup.runs)}
        disabled={disabled}
        onChange={(value) => onSetup({ runs: Number(value) })}
      >
        {RUN_CHOICES.map((runs) => (
          <option key={runs} value={runs}>
            {runs} each
          </option>
        ))}
      </Select>
      {webgpu?.software && (
        <span className="text-11 text-warning">WebGPU is drawn in software here: its times say little.</span>
      )}
    </div>
  );
}
