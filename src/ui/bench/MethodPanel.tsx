import { useState } from 'react';
import type { LoadOptions } from '../../bench/types.ts';
import type { Capabilities, OptimizationLevel, WebnnDevice } from '../../runtime/types.ts';
import { Check, FaultLine } from '../prune/fields.tsx';
import { Picked } from './Picked.tsx';
import { readEntries, settingsHere, withOption, writeEntries, type Setup } from './setup.ts';

const LEVELS: readonly OptimizationLevel[] = ['disabled', 'basic', 'extended', 'layout', 'all'];
const ROUNDS = ['1', '3', '5', '8'] as const;

const onOff = (value: boolean | undefined): 'usual' | 'on' | 'off' =>
  value === undefined ? 'usual' : value ? 'on' : 'off';
const ofOnOff = (value: string): boolean | undefined => (value === 'usual' ? undefined : value === 'on');

const SWITCH = [
  ['usual', 'as usual'],
  ['on', 'on'],
  ['off', 'off'],
] as const;

interface SideProps {
  readonly name: string;
  readonly options: LoadOptions;
  readonly webgpu: boolean;
  /** Where WebNN computes; empty: there is none. */
  readonly webnn: readonly WebnnDevice[];
  onOptions(options: LoadOptions): void;
}

/** Session options of one of the two. */
function SideOptions({ name, options, webgpu, webnn, onOptions }: SideProps) {
  const [text, setText] = useState(writeEntries(options.config));
  const bad = readEntries(text) === null;
  return (
    <fieldset className="min-w-0 border-0 p-0">
      <legend className="mb-1.5 font-medium">Session options of {name}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        <Picked
          label="Level"
          value={options.level ?? 'usual'}
          options={[['usual', 'as both'], ...LEVELS.map((level) => [level, level] as const)]}
          onChange={(level) => onOptions(withOption(options, 'level', level === 'usual' ? undefined : level))}
        />
        <Picked
          label="Memory arena"
          value={onOff(options.arena)}
          options={SWITCH}
          onChange={(value) => onOptions(withOption(options, 'arena', ofOnOff(value)))}
        />
        <Picked
          label="Memory pattern"
          value={onOff(options.memoryPattern)}
          options={SWITCH}
          onChange={(value) => onOptions(withOption(options, 'memoryPattern', ofOnOff(value)))}
        />
        {webgpu && (
          <Picked
            label="Layout on WebGPU"
            value={options.layout ?? 'usual'}
            options={[
              ['usual', 'as usual'],
              ['NCHW', 'NCHW'],
              ['NHWC', 'NHWC'],
            ]}
            onChange={(layout) => onOptions(withOption(options, 'layout', layout === 'usual' ? undefined : layout))}
          />
        )}
        {webnn.length > 0 && (
          <Picked
            label="WebNN on"
            value={options.webnnDevice ?? 'usual'}
            options={[['usual', 'as usual'], ...webnn.map((device) => [device, device] as const)]}
            onChange={(device) =>
              onOptions(withOption(options, 'webnnDevice', device === 'usual' ? undefined : device))
            }
          />
        )}
      </div>
      <textarea
        className="entries mono mt-2"
        aria-label={`Config entries of ${name}, one a line`}
        aria-invalid={bad}
        placeholder="session.disable_prepacking=1"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          const config = readEntries(target.value);
          if (config) onOptions(withOption(options, 'config', Object.keys(config).length > 0 ? config : undefined));
        }}
      />
      {bad && (
        <FaultLine>
          Each line is KEY=VALUE, as session.disable_prepacking=1. The runtime passes over unknown keys.
        </FaultLine>
      )}
    </fieldset>
  );
}

interface Props {
  readonly setup: Setup;
  readonly capabilities: Capabilities | null;
  onSetup(patch: Partial<Setup>): void;
}

/** How it is timed: rounds, what ends it, session options, and settings that take turns. */
export function MethodPanel({ setup, capabilities, onSetup }: Props) {
  const { options, several } = setup;
  const webgpu = capabilities?.webgpu != null;
  const toggle = (id: string, on: boolean): void =>
    onSetup({ several: on ? [...several, id] : several.filter((each) => each !== id) });
  return (
    <section className="card grid gap-x-8 gap-y-4 px-[18px] py-3.5 method-grid" aria-label="Method">
      <div className="flex min-w-0 flex-col gap-2">
        <h2 className="h3">Method</h2>
        <div className="flex flex-wrap gap-x-4 gap-y-2">
          <Picked
            label="Rounds"
            value={String(setup.rounds)}
            options={ROUNDS.map((count) => [count, count] as const)}
            onChange={(rounds) => onSetup({ rounds: Number(rounds) })}
          />
          <Picked
            label="Level of both"
            value={setup.level}
            options={LEVELS.map((level) => [level, level] as const)}
            onChange={(level) => onSetup({ level })}
          />
        </div>
        <Check
          label="Go on until the interval is ±1.5 %, while time is left"
          on={setup.settle}
          onChange={(settle) => onSetup({ settle })}
        />
        <Check
          label="Measure the memory of the WASM module, each model alone"
          on={setup.heap}
          onChange={(heap) => onSetup({ heap })}
        />
        <p className="max-w-[60ch] text-11 text-ink-3">
          Each round makes both sessions anew, warms up until times stop falling, then runs them in blocks of ABBA or
          BAAB. The interval is a bootstrap over rounds and pairs.
        </p>
      </div>
      <fieldset className="min-w-0 border-0 p-0">
        <legend className="mb-1.5 font-medium">Settings that take turns</legend>
        <div className="grid grid-cols-2 gap-x-4">
          {settingsHere(capabilities).map(({ id, title }) => (
            <span key={id} className="contents">
              <span className="col-span-1">
                <Check label={title} on={several.includes(id)} onChange={(on) => toggle(id, on)} />
              </span>
            </span>
          ))}
        </div>
        <p className="mt-1 text-11 text-ink-3">
          Two or more are measured in turn, a round each, and held against the first of them.
          {capabilities?.webnnReason && ` ${capabilities.webnnReason}`}
        </p>
      </fieldset>
      <SideOptions
        name="the first"
        options={options.a}
        webgpu={webgpu}
        webnn={capabilities?.webnn ?? []}
        onOptions={(a) => onSetup({ options: { ...options, a } })}
      />
      <SideOptions
        name="the second"
        options={options.b}
        webgpu={webgpu}
        webnn={capabilities?.webnn ?? []}
        onOptions={(b) => onSetup({ options: { ...options, b } })}
      />
    </section>
  );
}
