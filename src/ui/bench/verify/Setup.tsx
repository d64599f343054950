import { ArrowLeftRight } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { EXACTNESS, type Exactness } from '../../../base/exactness.ts';
import type { CompareSide } from '../../../engine/compare-types.ts';
import type { StopView } from '../../../engine/types.ts';
import type { Capabilities, OptimizationLevel, RuntimeBackend } from '../../../runtime/types.ts';
import type { App } from '../../../state/app.ts';
import type { VerifySetup } from '../../../state/verify-lab-store.ts';
import { IconButton, Segments } from '../../kit/controls.tsx';
import { SecondFileButton, SecondProblem } from '../SideFields.tsx';

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly disabled: boolean;
  onChange(value: string): void;
  readonly children: ReactNode;
}
function Select({ label, value, disabled, onChange, children }: SelectProps) {
  const id = useId();
  return (
    <div className="verify-field">
      <label htmlFor={id} className="text-11 text-ink-3">
        {label}
      </label>
      <select
        id={id}
        className="select min-w-0"
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      >
        {children}
      </select>
    </div>
  );
}

const stopLabel = (stop: StopView): string => (stop.index === 0 ? 'Original' : `${stop.index} ${stop.title}`);
const sideOf = (value: string): CompareSide => (value === 'second' ? 'second' : Number(value));

const LEVEL_CHOICES: readonly { readonly label: string; readonly levels: readonly OptimizationLevel[] }[] = [
  { label: 'disabled and all', levels: ['disabled', 'all'] },
  { label: 'disabled', levels: ['disabled'] },
  { label: 'basic', levels: ['basic'] },
  { label: 'extended', levels: ['extended'] },
  { label: 'layout', levels: ['layout'] },
  { label: 'all', levels: ['all'] },
  { label: 'every level', levels: ['disabled', 'basic', 'extended', 'layout', 'all'] },
];

const BACKENDS: Readonly<Record<string, readonly RuntimeBackend[]>> = {
  wasm: ['wasm'],
  webgpu: ['webgpu'],
  both: ['wasm', 'webgpu'],
};

const INSIDE: readonly {
  readonly label: string;
  readonly backend: RuntimeBackend;
  readonly level: OptimizationLevel;
}[] = [
  { label: 'at disabled, WASM', backend: 'wasm', level: 'disabled' },
  { label: 'at all, WASM', backend: 'wasm', level: 'all' },
  { label: 'at disabled, WebGPU', backend: 'webgpu', level: 'disabled' },
  { label: 'at all, WebGPU', backend: 'webgpu', level: 'all' },
];

interface Props {
  readonly app: App;
  readonly setup: VerifySetup & { readonly b: CompareSide };
  readonly stops: readonly StopView[];
  /** Name of the second file; null: none is open. */
  readonly second: string | null;
  readonly capabilities: Capabilities | null;
  readonly disabled: boolean;
}

/** Which two models, and how B is run and judged. */
export function Setup({ app, setup, stops, second, capabilities, disabled }: Props) {
  const { a, b } = setup;
  const change = app.actions.setUpVerify;
  const webgpu = capabilities?.webgpu ?? null;
  const isFile = (a === 'second') !== (b === 'second');
  const options = (
    <>
      {stops.map((stop) => (
        <option key={stop.index} value={stop.index}>
          {stopLabel(stop)}
        </option>
      ))}
      {second !== null && <option value="second">{second}</option>}
    </>
  );
  const levels = LEVEL_CHOICES.find((choice) => choice.levels.join() === setup.levels.join())?.label ?? '';
  const backends = Object.keys(BACKENDS).find((key) => BACKENDS[key]?.join() === setup.backends.join()) ?? 'wasm';
  const inside = setup.intermediates ? `${setup.intermediates.backend} ${setup.intermediates.level}` : 'none';
  return (
    <>
      <div className="verify-sides">
        <Select label="A" value={String(a)} disabled={disabled} onChange={(value) => change({ a: sideOf(value) })}>
          {options}
        </Select>
        <IconButton
          icon={ArrowLeftRight}
          label="Swap A and B"
          disabled={disabled}
          onClick={() => change({ a: b, b: a })}
        />
        <Select label="B" value={String(b)} disabled={disabled} onChange={(value) => change({ b: sideOf(value) })}>
          {options}
        </Select>
        <SecondFileButton app={app} disabled={disabled} onOpened={() => change({ b: 'second' })} />
      </div>
      <SecondProblem app={app} />
      <div className="mt-3 flex flex-wrap items-end gap-x-4 gap-y-2.5">
        {isFile ? (
          <Select
            label="Class"
            value={setup.class ?? ''}
            disabled={disabled}
            onChange={(value) => change({ class: EXACTNESS.find((each): each is Exactness => each === value) ?? null })}
          >
            <option value="">not given: order</option>
            {EXACTNESS.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </Select>
        ) : (
          <p className="verify-field">
            <span className="text-11 text-ink-3">Class</span>
            <span className="flex h-[26px] items-center text-12">as the steps between say</span>
          </p>
        )}
        <div className="verify-field">
          <span className="text-11 text-ink-3" aria-hidden="true">
            B runs on
          </span>
          <Segments
            label="Backends"
            value={backends}
            onChange={(value) => change({ backends: BACKENDS[value] ?? ['wasm'] })}
            options={[
              { value: 'wasm', label: 'WASM', disabled },
              { value: 'webgpu', label: 'WebGPU', disabled: disabled || webgpu === null },
              { value: 'both', label: 'Both', disabled: disabled || webgpu === null },
            ]}
          />
        </div>
        <Select
          label="Levels"
          value={levels}
          disabled={disabled}
          onChange={(value) =>
            change({ levels: LEVEL_CHOICES.find(({ label }) => label === value)?.levels ?? ['disabled', 'all'] })
          }
        >
          {LEVEL_CHOICES.map(({ label }) => (
            <option key={label}>{label}</option>
          ))}
        </Select>
        <Select
          label="Values inside"
          value={inside}
          disabled={disabled}
          onChange={(value) => {
            const place = INSIDE.find(({ backend, level }) => `${backend} ${level}` === value);
            change({ intermediates: place ? { backend: place.backend, level: place.level } : null });
          }}
        >
          <option value="none">not compared</option>
          {INSIDE.filter(({ backend }) => backend === 'wasm' || webgpu !== null).map(({ label, backend, level }) => (
            <option key={label} value={`${backend} ${level}`}>
              {label}
            </option>
          ))}
        </Select>
      </div>
      {webgpu?.software && (
        <p className="mt-2 text-11 text-warning">
          The WebGPU adapter here is software ({webgpu.adapter}): slow, and not a graphics card’s arithmetic.
        </p>
      )}
      {capabilities && webgpu === null && (
        <p className="mt-2 text-11 text-ink-3">No WebGPU: {capabilities.webgpuReason ?? 'absent'}</p>
      )}
    </>
  );
}
