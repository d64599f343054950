import { ChevronRight } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { useSettings } from '../kit/use-store.ts';

interface SectionProps {
  readonly app: App;
  /** What it is called, and how it is remembered. */
  readonly title: string;
  /** Stands at the right of the head: a count, a badge. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A part of the inspector that can be folded away; the page remembers which are, between visits too. */
export function Section({ app, title, aside, children }: SectionProps) {
  const id = useId();
  const open = useSettings(app, (settings) => !settings.closedSections.includes(title));
  return (
    <section className="ins-section" aria-label={title}>
      <h3>
        <button
          type="button"
          className="ins-head"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => app.actions.toggleSection(title)}
        >
          <Icon of={ChevronRight} size={12} className="ins-chevron" />
          <span className="ell">{title}</span>
          {aside !== undefined && <span className="num ml-auto font-regular text-ink-3">{aside}</span>}
        </button>
      </h3>
      <div id={id} hidden={!open} className="ins-body">
        {open && children}
      </div>
    </section>
  );
}
