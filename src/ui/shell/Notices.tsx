import { Check, CircleX, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { App } from '../../state/app.ts';
import type { Notice } from '../../state/notices.ts';
import { Button, Icon, IconButton } from '../kit/controls.tsx';

const LOOKS = {
  good: { icon: Check, colour: 'text-added' },
  plain: { icon: Info, colour: 'text-ink-2' },
  warning: { icon: TriangleAlert, colour: 'text-warning' },
  error: { icon: CircleX, colour: 'text-error' },
} as const;
const SHOWN_MS = 7000;

function NoticeCard({ app, notice }: { readonly app: App; readonly notice: Notice }) {
  const { icon, colour } = LOOKS[notice.tone];
  useEffect(() => {
    // What went wrong stays until it has been read.
    if (notice.stays || notice.tone === 'error' || notice.tone === 'warning') return;
    const timer = setTimeout(() => app.notices.dismiss(notice.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [app, notice]);
  return (
    <li className="pop pointer-events-auto flex w-[360px] items-center gap-[11px] py-2.5 pr-2 pl-3">
      <Icon of={icon} size={16} className={colour} />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{notice.title}</p>
        {notice.text !== '' && <p className="text-11 text-ink-2">{notice.text}</p>}
      </div>
      {notice.action && (
        <Button
          size="small"
          onClick={() => {
            notice.action?.run();
            app.notices.dismiss(notice.id);
          }}
        >
          {notice.action.label}
        </Button>
      )}
      <IconButton icon={X} size="small" iconSize={13} label="Dismiss" onClick={() => app.notices.dismiss(notice.id)} />
    </li>
  );
}

/** Messages that pass by, bottom right; and what is said to screen readers. */
export function Notices({ app }: { readonly app: App }) {
  const notices = useStore(app.notices, (state) => state.notices);
  const announcement = useStore(app.notices, (state) => state.announcement);
  return (
    <section aria-label="Messages">
      <ul className="pointer-events-none fixed right-[calc(var(--corner-right,0px)+12px)] bottom-[calc(var(--corner-bottom,0px)+12px)] z-30 flex flex-col gap-2">
        {notices.map((notice) => (
          <NoticeCard key={notice.id} app={app} notice={notice} />
        ))}
      </ul>
      <div role="status" aria-live="polite" className="sr-only">
        {announcement}
      </div>
    </section>
  );
}
