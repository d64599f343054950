import type { ReactNode } from 'react';
import type { Capabilities } from '../../runtime/types.ts';
import type { App } from '../../state/app.ts';
import { Segments } from '../kit/controls.tsx';
import { Picked } from './Picked.tsx';
import { hasBackend, RUN_CHOICES, type Setup } from './setup.ts';
import { SecondFileButton, SideField } from './SideFields.tsx';

interface Props {
  readonly app: App;
  readonly setup: Setup;
  readonly capabilities: Capabilities | null;
  readonly threads: number;
  readonly disabled: boolean;
  /** Chooses where to measure. */
  readonly where?: ReactNode;
  onSetup(patch: Partial<Setup>): void;
  onThreads(threads: number): void;
}

/** What to time: the two models, the backend, threads and runs. */
export function BenchSetup(props: Props) {
  const { app, setup, capabilities, threads, disabled, where, onSetup, onThreads } = props;
  const most = capabilities?.maxThreads ?? 1;
  const severalChosen = setup.several.length > 1;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What to time">
      <SideField
        app={app}
        label="Compare"
        value={setup.a}
        disabled={disabled}
        onChange={(a) => onSetup({ a: a ?? 0 })}
      />
      <SideField
        app={app}
        label="with"
        value={setup.b}
        none="nothing, time it alone"
        disabled={disabled}
        onChange={(b) => onSetup({ b })}
      />
      <SecondFileButton app={app} onOpened={() => onSetup({ b: 'second' })} />
      {where}
      <Segments
        label="Backend"
        value={severalChosen ? 'several' : setup.backend}
        onChange={(backend) => backend !== 'several' && onSetup({ backend, several: [] })}
        options={[
          { value: 'wasm', label: 'WASM', disabled },
          { value: 'webgpu', label: 'WebGPU', disabled: disabled || !hasBackend(capabilities, 'webgpu') },
          ...(hasBackend(capabilities, 'webnn') ? [{ value: 'webnn' as const, label: 'WebNN', disabled }] : []),
          ...(severalChosen ? [{ value: 'several' as const, label: `${setup.several.length} in turn`, disabled }] : []),
        ]}
      />
      <Picked
        label="Threads"
        value={String(Math.min(threads, most))}
        disabled={disabled || severalChosen}
        onChange={(value) => onThreads(Number(value))}
        options={Array.from({ length: most }, (_, index) => [String(index + 1), String(index + 1)] as const)}
      />
      <Picked
        label="Runs"
        value={String(setup.runs)}
        disabled={disabled}
        onChange={(value) => onSetup({ runs: Number(value) })}
        options={RUN_CHOICES.map((runs) => [String(runs), `${runs} each`] as const)}
      />
      {capabilities?.webgpu?.software && (
        <span className="text-11 text-warning">WebGPU is software here: it gets no verdict.</span>
      )}
    </div>
  );
}
