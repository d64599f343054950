import { BatteryWarning, EyeOff, ShieldAlert, Square, Sun, type LucideIcon } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { Lending, LendingState } from '../../state/lending.ts';
import { Button, Icon, ProgressBar } from '../kit/controls.tsx';
import { countOf } from '../kit/job-text.ts';
import { Lends } from './Lends.tsx';
import { useAwake, useOnBattery } from './use-awake.ts';

function Note({ icon, children }: { readonly icon: LucideIcon; readonly children: ReactNode }) {
  return (
    <p className="lend-note">
      <Icon of={icon} size={17} className="mt-0.5 text-warning" />
      <span>{children}</span>
    </p>
  );
}

function CodeForm({ disabled, onJoin }: { readonly disabled: boolean; onJoin(code: string): void }) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onJoin(code);
  };
  return (
    <form className="mt-4 flex flex-wrap gap-2" onSubmit={submit}>
      <label className="lend-field">
        <span>Code</span>
        <input
          value={code}
          onChange={(event) => setCode(event.target.value.toUpperCase())}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          maxLength={12}
          placeholder="ABCD-EFGH"
        />
      </label>
      <Button type="submit" variant="primary" className="lend-button" disabled={disabled || code.trim() === ''}>
        Lend this device
      </Button>
    </form>
  );
}

const HEADS: Readonly<Record<LendingState['state'], string>> = {
  idle: 'Lend this device',
  joining: 'Joining',
  waiting: 'Lent to the studio',
  lost: 'Connecting again',
  stopped: 'No longer lent',
};

function textOf({ state, name, done, last, doing, capabilities }: LendingState): string {
  switch (state) {
    case 'idle':
      return capabilities
        ? 'The studio shows a code under Bench, Devices. With it, the studio may run models here until you stop.'
        : 'Looking at this device.';
    case 'joining':
      return 'Asking the studio.';
    case 'lost':
      return 'The studio does not answer. This page goes on trying; what was measured is kept for a minute.';
    case 'stopped':
      return 'Nothing runs here any more. A new code of the studio lends it again.';
    case 'waiting':
      if (doing) return `At work, as ${name}.`;
      return done === 0
        ? `Waiting for work, as ${name}.`
        : `Waiting, as ${name}. Done: ${done}, the last with ${last}.`;
  }
}

/** What is at work, with how far it is. */
function Work({ doing }: { readonly doing: NonNullable<LendingState['doing']> }) {
  const { model, what, progress } = doing;
  const stage = progress?.stage ?? 'Starting';
  return (
    <div className="mt-4" aria-label="At work" role="group">
      <p className="font-strong break-words">{model}</p>
      <p className="num mt-1 flex justify-between gap-3 text-ink-2">
        <span>
          {what} · {stage}
        </span>
        <span>{progress && countOf(progress)}</span>
      </p>
      <div className="mt-2">
        <ProgressBar
          label={stage}
          {...(progress?.done === undefined ? {} : { done: progress.done })}
          {...(progress?.total === undefined ? {} : { total: progress.total })}
        />
      </div>
    </div>
  );
}

/** The page of a device that is lent: what it lends, what it does, and the way out. */
export function LendPage({ lending }: { readonly lending: Lending }) {
  const now = useStore(lending.store);
  const { state, capabilities, problem, doing, wasHidden } = now;
  const isLent = state === 'waiting' || state === 'lost';
  const awake = useAwake(isLent);
  const onBattery = useOnBattery();
  return (
    <main className="lend">
      <header className="flex items-center gap-2.5">
        <img src="./favicon.svg" alt="" width={22} height={22} />
        <span className="font-strong">Whittle</span>
      </header>
      <section className="card lend-card" aria-label="Lending">
        <h1 className="lend-title">{HEADS[state]}</h1>
        <p className="mt-1.5 text-ink-2" role="status">
          {textOf(now)}
        </p>
        {problem !== null && (
          <p className="mt-3 text-error" role="alert">
            {problem}
          </p>
        )}
        {doing && isLent && <Work doing={doing} />}
        {state === 'idle' || state === 'stopped' ? (
          <CodeForm disabled={capabilities === null} onJoin={(code) => lending.join(code)} />
        ) : (
          <Button icon={Square} className="lend-button mt-4" onClick={() => lending.stop()}>
            Stop lending
          </Button>
        )}
      </section>
      {!globalThis.isSecureContext && (
        <Note icon={ShieldAlert}>
          Single-thread WASM: this address is not secure (http), so the browser gives this page neither threads nor
          WebGPU. Open the https address that the studio shows, or forward a USB port.
        </Note>
      )}
      {wasHidden && (
        <Note icon={EyeOff}>This page was hidden while it measured, so times may be too long. Keep it in front.</Note>
      )}
      {isLent && onBattery && (
        <Note icon={BatteryWarning}>On battery, and devices slow down to save it. Plug it in for times that hold.</Note>
      )}
      {isLent && awake !== 'held' && (
        <Note icon={Sun}>
          This page cannot keep the screen on. Touch it now and then, or let the screen stay on longer.
        </Note>
      )}
      {capabilities && <Lends capabilities={capabilities} />}
      <p className="text-ink-3">
        Models come from the studio over your own network, run in this page, and are gone when it is closed.
      </p>
    </main>
  );
}
