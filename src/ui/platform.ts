import type { AddressBar, Tab } from '../state/core.ts';
import type { BrowserPlatform } from '../state/start.ts';
import { whenPainted } from './canvas/painted.ts';
import { watchDevice } from './device-watch.ts';
import { openInTab } from './given.ts';
import { preparePicture } from './prepare-picture.ts';
import { relayOf } from './relay.ts';
import { devicesWorker, modelsWorker } from './workers.ts';

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    // Blocked by the browser's settings: nothing is kept between visits.
    return null;
  }
}

const address: AddressBar = {
  read: () => window.location.hash.slice(1),
  write(fragment) {
    if (fragment === address.read()) return;
    window.history.replaceState(null, '', address.withFragment(fragment));
  },
  onChange: (listener) => window.addEventListener('hashchange', listener),
  withFragment(fragment) {
    const { origin, pathname, search } = window.location;
    return origin + pathname + search + (fragment === '' ? '' : `#${fragment}`);
  },
};

/** True where the browser has storage of its own for files, and locks that keep tabs from writing at once. */
const hasFiles = (): boolean => 'locks' in navigator && typeof navigator.storage?.getDirectory === 'function';

/** What only a browser can do: keep settings, hand over a file, show an address. */
export const browserPlatform = (tab: Tab): BrowserPlatform => ({
  storage: storage(),
  save(name, content) {
    const url = URL.createObjectURL(content);
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    // The download has its own hold on the data by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  },
  openInTab,
  now: () => Date.now(),
  address,
  tab,
  modelsWorker: hasFiles() ? modelsWorker : null,
  device: watchDevice(),
  relay: relayOf(devicesWorker),
  onOnline: (listener) => window.addEventListener('online', listener),
  copy: (text) => navigator.clipboard.writeText(text),
  guardLeave(risky) {
    window.addEventListener('beforeunload', (event) => {
      if (risky()) event.preventDefault();
    });
  },
  painted: whenPainted,
  prepare: preparePicture,
});
