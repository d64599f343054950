import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './app.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { defined } from '../base/assert.ts';
import { ALONE } from '../state/alone.ts';
import { runningJobs } from '../state/jobs.ts';
import { startApp } from '../state/start.ts';
import { WhittleApp } from './App.tsx';
import { takeGiven } from './given.ts';
import { ensureIsolation } from './isolation.ts';
import { takeLaunched } from './launch-files.ts';
import { keepOffline, type OfflineListener } from './offline.ts';
import { browserPlatform } from './platform.ts';
import { takeStudioToken } from './relay.ts';
import { claimTab } from './tab.ts';
import { browserWorkers } from './workers.ts';

/** Once the page is at rest: keeping files is not to slow down its first picture. */
const whenIdle = (work: () => void): void => {
  if ('requestIdleCallback' in window) window.requestIdleCallback(work, { timeout: 5000 });
  else setTimeout(work, 2000);
};

/** A page that is about to load again under its isolation headers starts no workers. */
if ((await ensureIsolation()) !== 'reloading') {
  takeStudioToken();
  const given = takeGiven();
  const app = startApp(browserWorkers, browserPlatform(await claimTab()));
  void app.start();
  void given.then((file) => file && app.actions.openFiles([file]));
  takeLaunched((files) => void app.actions.openFiles(files));
  whenIdle(() => {
    const listener: OfflineListener = {
      kept: () => app.document.setState({ offline: true }),
      newer: (use) =>
        app.notices.show({
          tone: 'plain',
          title: 'A newer Whittle is ready',
          text: 'Nothing changes until it is loaded. What is open here is closed then.',
          action: { label: 'Load it', run: use },
          stays: true,
        }),
    };
    void keepOffline(listener, {
      isRunning: () => runningJobs(app.jobs.getState()).some(({ kind }) => ALONE.includes(kind)),
      onChange: (changed) => app.jobs.subscribe(changed),
    });
  });
  // The studio writes names in this face: loaded before it is needed, so that its first frame need not wait.
  void document.fonts.load('12px "JetBrains Mono Variable"');

  createRoot(defined(document.getElementById('root'), 'the root element')).render(
    <StrictMode>
      <WhittleApp app={app} />
    </StrictMode>,
  );
}
