import type { Platform } from '../state/core.ts';

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    // Blocked by the browser's settings: nothing is kept between visits.
    return null;
  }
}

/** What only a browser can do: keep settings, hand over a file. */
export const browserPlatform: Platform = {
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
  now: () => Date.now(),
};
