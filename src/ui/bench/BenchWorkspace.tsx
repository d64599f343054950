import { Suspense, useEffect } from 'react';
import type { App } from '../../state/app.ts';
import { Segments } from '../kit/controls.tsx';
import { useView } from '../kit/use-store.ts';
import './bench.css';
import { DeviceChips } from './DeviceChips.tsx';
import { usePlace } from './devices/use-place.ts';
import { LABS } from './labs.tsx';

/** Measuring on this device, one lab at a time. */
export function BenchWorkspace({ app }: { readonly app: App }) {
  const { capabilities, device } = usePlace(app);
  const lab = useView(app, (state) => state.lab);
  const View = LABS.find(({ id }) => id === lab)?.View;
  useEffect(() => app.actions.watchDevices(), [app]);
  return (
    <section className="bench-page" aria-label="Benchmark">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="text-18 font-strong tracking-[-0.018em]">Benchmark</h1>
        {LABS.length > 1 && (
          <Segments
            label="What to measure"
            value={lab}
            options={LABS.map(({ id, title }) => ({ value: id, label: title }))}
            onChange={(chosen) => app.actions.showLab(chosen)}
          />
        )}
        {capabilities && <DeviceChips capabilities={capabilities} name={device?.name ?? 'This device'} />}
      </header>
      <Suspense key={lab} fallback={null}>
        {View && <View app={app} />}
      </Suspense>
    </section>
  );
}
