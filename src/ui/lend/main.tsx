import '@fontsource-variable/inter/wght.css';
import '../app.css';
import './lend.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { defined } from '../../base/assert.ts';
import { createLending } from '../../state/lending.ts';
import { agentName } from '../bench/agent.ts';
import { relayAddress } from '../relay.ts';
import { browserWorkers } from '../workers.ts';
import { LendPage } from './LendPage.tsx';

function storage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind];
  } catch {
    // Blocked by the browser's settings: nothing is kept.
    return null;
  }
}

/** The code of the scanned address: used once, so it does not stay there. */
function takeCode(): string | null {
  const code = /^#([a-z0-9-]{4,32})$/i.exec(window.location.hash)?.[1] ?? null;
  if (code !== null) window.history.replaceState(null, '', window.location.pathname);
  return code;
}

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const setTheme = (): void => void (document.documentElement.dataset['theme'] = dark.matches ? 'dark' : 'light');
setTheme();
dark.addEventListener('change', setTheme);

const lending = createLending({
  connect: () => new WebSocket(relayAddress()),
  runtime: (backend) => browserWorkers.runtime(backend),
  name: agentName(navigator.userAgent),
  session: storage('sessionStorage'),
  storage: storage('localStorage'),
  now: () => performance.now(),
});
const seen = (): void => {
  lending.setHidden(document.visibilityState === 'hidden');
  if (document.visibilityState === 'visible') lending.wake();
};
document.addEventListener('visibilitychange', seen);
window.addEventListener('online', () => lending.wake());
void lending.start(takeCode());

createRoot(defined(document.getElementById('root'), 'the root element')).render(
  <StrictMode>
    <LendPage lending={lending} />
  </StrictMode>,
);
