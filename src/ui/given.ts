/** A file that a tab of this studio hands to one that it opens, as an address of its memory. */
const GIVEN = /^#given=([^&]+)&name=([^&]+)$/;

/** Opens a file in a tab of its own. The file is asked for at once there, so the address need not last. */
export function openInTab(file: File): void {
  const url = URL.createObjectURL(file);
  const address = new URL(window.location.href);
  address.hash = `given=${encodeURIComponent(url)}&name=${encodeURIComponent(file.name)}`;
  window.open(address.href, '_blank', 'noopener');
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The file that this tab was opened for, taken out of its address; null: none, or it is gone (a tab loaded again). */
export async function takeGiven(): Promise<File | null> {
  const [, url = '', name = ''] = GIVEN.exec(window.location.hash) ?? [];
  if (url === '') return null;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  const source = decodeURIComponent(url);
  // Only this studio's own memory: never another place.
  if (!source.startsWith(`blob:${window.location.origin}/`)) return null;
  try {
    const answer = await fetch(source);
    return new File([await answer.blob()], decodeURIComponent(name));
  } catch {
    // The tab that held it was closed.
    return null;
  }
}
