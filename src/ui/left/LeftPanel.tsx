import { PanelLeftOpen } from 'lucide-react';
import type { App } from '../../state/app.ts';
import { IconButton } from '../kit/controls.tsx';
import { USER_RULE } from '../../state/rules/ruling.ts';
import { DEFAULTS } from '../../state/settings.ts';
import { useDocument, useSettings } from '../kit/use-store.ts';
import { PrunePanel } from '../prune/PrunePanel.tsx';
import { RulePanel } from '../rules/RulePanel.tsx';
import { Sash } from '../shell/Sash.tsx';
import { KeepQuestion } from '../start/KeepQuestion.tsx';
import { OutlinePanel } from './OutlineTree.tsx';
import { PassPanel } from './PassPanel.tsx';
import { SearchField } from './SearchField.tsx';

const SMALLEST = 0.15;

/** Search, outline and passes; a panel takes their place while channels are pruned or a rule is written. */
export function LeftPanel({
  app,
  rail,
  readOnly,
  passes,
}: {
  readonly app: App;
  readonly rail: boolean;
  readonly readOnly: boolean;
  /** Whether it is the turn of the passes: they come after the outline. */
  readonly passes: boolean;
}) {
  const pruning = useDocument(app, (state) => state.prune !== null);
  const ruling = useDocument(app, (state) => state.preview?.pass === USER_RULE);
  const share = useSettings(app, (settings) => settings.outlineShare);
  const fromFile = useDocument(app, (state) => state.sample === null);
  if (readOnly) return null;
  if (rail) {
    return (
      <div className="flex justify-center pt-2">
        <IconButton
          icon={PanelLeftOpen}
          label="Open the left panel"
          onClick={() => app.actions.changeSettings({ leftOpen: true })}
        />
      </div>
    );
  }
  if (pruning) return <PrunePanel app={app} />;
  if (ruling) return <RulePanel app={app} />;
  return (
    <>
      <SearchField app={app} />
      {fromFile && <KeepQuestion app={app} className="mx-2.5 mt-1 mb-1.5" />}
      <div className="relative flex min-h-0 flex-1 flex-col">
        <div className="flex min-h-0 flex-col" style={{ flex: `${share} 1 0` }}>
          <OutlinePanel app={app} />
        </div>
        <div className="sep relative">
          <Sash
            label="Height of the outline"
            orientation="horizontal"
            className="-top-1"
            value={share}
            min={SMALLEST}
            max={1 - SMALLEST}
            valueAt={({ clientY }, area) => (clientY - area.top) / area.height}
            area={(sash) => sash.parentElement?.parentElement ?? sash}
            step={0.04}
            onReset={() => app.actions.changeSettings({ outlineShare: DEFAULTS.outlineShare })}
            onChange={(outlineShare) => app.actions.changeSettings({ outlineShare })}
          />
        </div>
        <div className="flex min-h-0 flex-col" style={{ flex: `${1 - share} 1 0` }}>
          {passes && <PassPanel app={app} />}
        </div>
      </div>
    </>
  );
}
