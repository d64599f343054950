import type { BrowserPlatform } from '../state/start.ts';

const TOKEN = 'whittle.studio-token';
const SECRET = 'whittle.studio';

/** The address of the relay beside this page. */
export const relayAddress = (): string => {
  const url = new URL('relay', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
};

export const randomSecret = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36).padStart(7, '0')).join('');

/** The server prints `#studio=TOKEN` for other computers: kept for this tab, and taken out of the address. */
export function takeStudioToken(): void {
  const token = /^#studio=([\w-]{16,64})$/.exec(window.location.hash)?.[1];
  if (token === undefined) return;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  try {
    sessionStorage.setItem(TOKEN, token);
  } catch {
    // Blocked by the browser's settings: devices are out of reach from this computer.
  }
}

/** By this secret the relay knows which devices were lent to this browser. */
function studioSecret(): string {
  const fresh = randomSecret();
  try {
    const kept = localStorage.getItem(SECRET) ?? fresh;
    localStorage.setItem(SECRET, kept);
    return kept;
  } catch {
    // As above: devices join anew at each visit.
    return fresh;
  }
}

function keptToken(): string | null {
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return null;
  }
}

/** The relay of the page's server; null: it has none, and says so by having no mark in the page. */
export function relayOf(worker: NonNullable<BrowserPlatform['relay']>['worker']): BrowserPlatform['relay'] {
  if (!document.querySelector('meta[name="whittle-relay"]')) return null;
  const token = keptToken();
  return { worker, relay: relayAddress(), studio: studioSecret(), ...(token !== null && { token }) };
}
