const DAY = 86_400_000;
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** `Today, 14:32`, `Yesterday`, `18 Nov`, `18 Nov 2025`. */
export function formatWhen(at: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(at)) / DAY);
  if (days <= 0) return `Today, ${time.format(at)}`;
  if (days === 1) return 'Yesterday';
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? day.format(at) : year.format(at);
}
