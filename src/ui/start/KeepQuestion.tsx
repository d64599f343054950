import { HardDrive } from 'lucide-react';
import type { App } from '../../state/app.ts';
import { Button, Icon } from '../kit/controls.tsx';
import { useSettings } from '../kit/use-store.ts';

/** Asked once, in place, where models can be kept: in the list of recents, or beside the first file that is opened. */
export function KeepQuestion({ app, className = '' }: { readonly app: App; readonly className?: string }) {
  const answer = useSettings(app, (settings) => settings.keepModels);
  if (answer !== 'ask' || !app.canKeep) return null;
  return (
    <section aria-label="Keep opened models" className={`card px-3.5 py-3 text-12 text-ink-2 ${className}`}>
      <p className="flex items-start gap-2">
        <Icon of={HardDrive} size={14} className="mt-px text-ink-3" />
        <span>
          Keep opened models on this device, so that they open again by a click? They stay in this browser’s own
          storage.
        </span>
      </p>
      <p className="mt-2 flex justify-end gap-1.5">
        <Button size="small" variant="ghost" onClick={() => app.actions.setKeepModels(false)}>
          Not now
        </Button>
        <Button size="small" onClick={() => app.actions.setKeepModels(true)}>
          Keep them
        </Button>
      </p>
    </section>
  );
}
