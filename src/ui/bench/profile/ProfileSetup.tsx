import type { ReactNode } from 'react';
import type { Capabilities } from '../../../runtime/types.ts';
import type { App } from '../../../state/app.ts';
import { Segments } from '../../kit/controls.tsx';
import { Picked } from '../Picked.tsx';
import { SecondFileButton, SideField } from '../SideFields.tsx';
import type { ProfileChoice } from './setup.ts';

interface Props {
  readonly app: App;
  readonly setup: ProfileChoice;
  readonly capabilities: Capabilities | null;
  readonly threads: number;
  /** Chooses where to measure. */
  readonly where: ReactNode;
  readonly disabled: boolean;
  onSetup(patch: Partial<ProfileChoice>): void;
  onThreads(threads: number): void;
}

/** What to profile: one model or two, the backend and the threads. */
export function ProfileSetup(props: Props) {
  const { app, setup, capabilities, threads, disabled, where, onSetup, onThreads } = props;
  const most = capabilities?.maxThreads ?? 1;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2" role="group" aria-label="What to profile">
      <SideField
        app={app}
        label="Profile"
        value={setup.a}
        disabled={disabled}
        onChange={(a) => onSetup({ a: a ?? 0 })}
      />
      <SideField
        app={app}
        label="and after it"
        value={setup.b}
        none="nothing"
        disabled={disabled}
        onChange={(b) => onSetup({ b })}
      />
      <SecondFileButton app={app} onOpened={() => onSetup({ b: 'second' })} />
      {where}
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
        <Picked
          label="Threads"
          value={String(Math.min(threads, most))}
          disabled={disabled}
          onChange={(value) => onThreads(Number(value))}
          options={Array.from({ length: most }, (_, index) => [String(index + 1), String(index + 1)] as const)}
        />
      )}
    </div>
  );
}
