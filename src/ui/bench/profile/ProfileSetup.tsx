import type { CompareSide } from '../../../engine/compare-types.ts';
import type { StopView } from '../../../engine/types.ts';
import type { Capabilities } from '../../../runtime/types.ts';
import { Segments } from '../../kit/controls.tsx';
import { Select } from '../BenchSetup.tsx';
import type { ProfileChoice } from './setup.ts';

interface Props {
  readonly setup: ProfileChoice;
  readonly stops: readonly StopView[];
  /** Name of the file that is open beside the model. */
  readonly second: string | null;
  readonly capabilities: Capabilities | null;
  readonly threads: number;
  readonly disabled: boolean;
  onSetup(patch: Partial<ProfileChoice>): void;
  onThreads(threads: number): void;
}

const sideOf = (value: string): CompareSide => (value === 'second' ? 'second' : Number(value));

/** What to profile: one model or two, the backend and the threads. */
export function ProfileSetup({ setup, stops, second, capabilities, threads, disabled, onSetup, onThreads }: Props) {
  const most = capabilities?.maxThreads ?? 1;
  const options = (
    <>
      {stops.map(({ index, title }) => (
        <option key={index} value={index}>
          {index === 0 ? 'Original' : `${index} ${title}`}
        </option>
      ))}
      {second !== null && <option value="second">{second}</option>}
    </>
  );
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What to profile">
      <Select
        label="Profile"
        value={String(setup.a)}
        disabled={disabled}
        onChange={(value) => onSetup({ a: sideOf(value) })}
      >
        {options}
      </Select>
      <Select
        label="and after it"
        value={setup.b === null ? 'none' : String(setup.b)}
        disabled={disabled}
        onChange={(value) => onSetup({ b: value === 'none' ? null : sideOf(value) })}
      >
        <option value="none">nothing</option>
        {options}
      </Select>
      <Segments
        label="Backend"
        value={setup.backend}
        onChange={(backend) => onSetup({ backend })}
        options={[
          { value: 'wasm', label: 'WASM', disabled },
          { value: 'webgpu', label: 'WebGPU', disabled: disabled || capabilities?.webgpu == null },
        ]}
      />
      {setup.backend === 'wasm' && (
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
      )}
    </div>
  );
}
