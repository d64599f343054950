import { Crosshair, ExternalLink, X } from 'lucide-react';
import type { ComponentType } from 'react';
import type { NodeDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import type { InspectorTab } from '../../state/view.ts';
import { NodeEdits } from '../edit/NodeEdits.tsx';
import { Badge, Icon, IconButton, Tabs } from '../kit/controls.tsx';
import { FamilyGlyph } from '../kit/Glyph.tsx';
import { useDocument, useView } from '../kit/use-store.ts';
import { ForecastPanel } from '../prune/ForecastPanel.tsx';
import { GroupPanel } from './GroupPanel.tsx';
import { ModelTab } from './ModelTab.tsx';
import { NodeTab } from './NodeTab.tsx';
import { HistoryTab } from './HistoryTab.tsx';
import { PassesTab } from './PassesTab.tsx';
import { TensorsTab } from './TensorsTab.tsx';
import { useScrolls } from './use-scrolls.ts';
import './inspector.css';

const TABS: readonly { readonly value: InspectorTab; readonly label: string }[] = [
  { value: 'node', label: 'Node' },
  { value: 'tensors', label: 'Tensors' },
  { value: 'passes', label: 'Passes' },
  { value: 'history', label: 'History' },
];
const PANELS: Readonly<Record<InspectorTab, ComponentType<{ readonly app: App; readonly detail: NodeDetail }>>> = {
  node: NodeTab,
  tensors: TensorsTab,
  passes: PassesTab,
  history: HistoryTab,
};
const PANEL_ID = 'inspector-panel';

/** What is known of the selected node from the picture alone: there before its details arrive. */
function useHead(app: App, node: number) {
  const view = useDocument(app, (state) => state.picture?.view);
  const row = view?.nodeIds.indexOf(node) ?? -1;
  if (!view || row < 0) return null;
  const op = view.opTypes[view.nodeOps[row] ?? 0] ?? '?';
  const dot = op.lastIndexOf('.');
  return {
    op: op.slice(dot + 1),
    domain: dot < 0 ? '' : op.slice(0, dot),
    ordinal: view.nodeOrdinals[row],
    name: view.nodeNames[row] ?? '',
    made: view.made[row] === 1,
  };
}

function Head({ app, node }: { readonly app: App; readonly node: number }) {
  const head = useHead(app, node);
  const detail = useDocument(app, (state) => (state.detail?.node === node ? state.detail : null));
  const tab = useView(app, (state) => state.inspector);
  if (!head) return null;
  return (
    <header className="sec pb-2.5">
      <div className="flex items-center gap-2">
        <FamilyGlyph family={detail?.family ?? 'unknown'} size={15} />
        <h2 className="ell text-15 font-strong" title={head.op}>
          {head.op}
        </h2>
        <span className="num text-12 text-ink-3">{head.ordinal}</span>
        {head.domain !== '' && <Badge>{head.domain}</Badge>}
        {head.made && <Badge tone="fused">made here</Badge>}
        <span className="-mr-1.5 ml-auto flex">
          {detail?.documentation && (
            <a
              className="btn btn-ghost btn-icon btn-sm"
              href={detail.documentation}
              target="_blank"
              rel="noopener noreferrer"
              aria-label={`Documentation of ${head.op}`}
              title={`Documentation of ${head.op}${detail.since > 0 ? `, since version ${detail.since}` : ''}`}
            >
              <Icon of={ExternalLink} size={13} />
            </a>
          )}
          <NodeEdits app={app} node={node} />
          <IconButton
            icon={Crosshair}
            size="small"
            label="Bring into view"
            onClick={() => app.actions.focusNode(node)}
          />
          <IconButton icon={X} size="small" label="Deselect" onClick={() => app.actions.select(null)} />
        </span>
      </div>
      <p className="mono ell-left mt-[3px] text-ink-3" title={head.name}>
        {head.name || 'without a name'}
      </p>
      {detail?.summary && <p className="mt-1.5 text-12 text-ink-2">{detail.summary}</p>}
      {detail && (
        <p className="num mt-1 text-11 text-ink-3">
          {detail.domain || 'ai.onnx'} {detail.opset > 0 ? detail.opset : 'not imported'}
          {detail.since > 0 ? `, as since version ${detail.since}` : ', no specification known'}
        </p>
      )}
      <Tabs
        label="Inspector"
        value={tab}
        options={TABS}
        panel={PANEL_ID}
        onChange={(inspector) => app.actions.show({ inspector })}
        className="seg mt-2.5 flex [&>*]:flex-1"
      />
    </header>
  );
}

function Body({ app, node }: { readonly app: App; readonly node: number }) {
  const tab = useView(app, (state) => state.inspector);
  const detail = useDocument(app, (state) => (state.detail?.node === node ? state.detail : null));
  const error = useDocument(app, (state) => state.detailError);
  if (error) return <p className="px-3.5 py-3 text-12 text-warning">{error.message}</p>;
  if (!detail) return null;
  const Tab = PANELS[tab];
  return <Tab app={app} detail={detail} />;
}

/** The right panel: the selected node, else the model; the forecast while channels are pruned. */
export function Inspector({ app }: { readonly app: App }) {
  const selected = useView(app, (state) => state.selected);
  const group = useView(app, (state) => state.selectedGroup);
  const tab = useView(app, (state) => state.inspector);
  const scroller = useScrolls(tab, selected);
  const pruning = useDocument(app, (state) => state.prune !== null);
  if (pruning && selected === null && group === null) return <ForecastPanel app={app} />;
  if (selected === null) return group === null ? <ModelTab app={app} /> : <GroupPanel app={app} selected={group} />;
  return (
    <>
      <Head app={app} node={selected} />
      <div
        id={PANEL_ID}
        ref={scroller}
        role="tabpanel"
        aria-label="Details"
        tabIndex={0}
        className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
      >
        <Body app={app} node={selected} />
      </div>
    </>
  );
}
