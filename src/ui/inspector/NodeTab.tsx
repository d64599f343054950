import { Check, Snowflake, Square } from 'lucide-react';
import { useMemo } from 'react';
import { formatBytes, formatCount, formatInteger, formatShare, formatValue } from '../../base/format.ts';
import type { NodeDetail, PortDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import type { DocumentState } from '../../state/document.ts';
import { Badge, Button } from '../kit/controls.tsx';
import { useDocument, usePart, useTraining, useView } from '../kit/use-store.ts';
import { Attributes } from './Attributes.tsx';
import { GeneSection } from './GeneSection.tsx';
import { NearMiss, ofKind, operatorOf, useWhyNot } from './PassesTab.tsx';
import { Ports } from './Ports.tsx';
import { Section } from './Section.tsx';
import { subjectOf } from './tensor/subject.ts';
import { TensorView } from './tensor/TensorView.tsx';

interface SiteHere {
  readonly key: string;
  readonly what: string;
  readonly position: number;
  readonly count: number;
  readonly on: boolean;
}

/** The site of the pass in preview that this node belongs to. */
function siteAt(node: number) {
  return ({ preview, sites }: DocumentState): SiteHere | null => {
    const all = preview ? (sites[preview.pass]?.sites ?? []) : [];
    const index = all.findIndex((site) => site.nodes.includes(node));
    const site = all[index];
    if (!preview || !site) return null;
    return { key: site.key, what: site.what, position: index + 1, count: all.length, on: !preview.off.has(site.key) };
  };
}

function SiteSection({ app, node }: { readonly app: App; readonly node: number }) {
  const site = usePart(app.document, siteAt(node));
  const preserves = useDocument(
    app,
    (state) => state.passes.find((pass) => pass.id === state.preview?.pass)?.preserves,
  );
  if (!site) return null;
  return (
    <section className="sec" aria-label="Site">
      <h3 className="h4 num mb-[7px]">
        Site {formatInteger(site.position)} of {formatInteger(site.count)}
        <Badge tone={site.on ? 'accent' : 'none'} icon={site.on ? Check : Square}>
          {site.on ? 'on' : 'off'}
        </Badge>
      </h3>
      <p className="text-12 text-ink-2">{site.what}</p>
      <div className="mt-2 flex items-center justify-between">
        <Button size="small" keys="Space" onClick={() => app.actions.toggleSite(site.key)}>
          {site.on ? 'Switch off' : 'Switch on'}
        </Button>
        <span className="text-11 text-ink-3">class: {preserves}</span>
      </div>
    </section>
  );
}

/** Near misses of all passes at this node, with a way to their place on the canvas. */
function NearMisses({ app, node, operator }: { readonly app: App; readonly node: number; readonly operator: string }) {
  const near = ofKind(useWhyNot(app, node, operator), 'near');
  if (near.length === 0) return null;
  return (
    <section className="sec" aria-label="Why not">
      <h3 className="h4 mb-1.5">Why not here</h3>
      {near.map((each) => (
        <NearMiss key={each.pass.id + each.text} app={app} near={each} />
      ))}
    </section>
  );
}

interface CostRow {
  readonly label: string;
  readonly text: string;
  readonly share?: string;
}

function costRows(detail: NodeDetail, totalMacs: number | null): readonly CostRow[] {
  const { macs, elementwise, parameters, movedBytes } = detail;
  const share = totalMacs !== null && totalMacs > 0 && macs ? { share: formatShare(macs / totalMacs) } : {};
  // Two FLOPs a MAC, over all bytes that go in and out.
  const operations = (macs ?? 0) * 2 + (elementwise ?? 0);
  const intensity = movedBytes && macs !== null ? `${formatValue(operations / movedBytes)} FLOP/B` : '–';
  return [
    { label: 'MACs', text: formatCount(macs), ...share },
    { label: 'Elementwise', text: formatCount(elementwise) },
    { label: 'Parameters', text: formatCount(parameters) },
    { label: 'Bytes moved', text: formatBytes(movedBytes) },
    { label: 'Intensity', text: intensity },
  ];
}

function Costs({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const total = useDocument(app, ({ document }) => document?.stops[document.cursor]?.summary.macs ?? null);
  return (
    <Section app={app} title="Cost">
      <dl className="kv num" data-numbers="">
        {costRows(detail, total).map(({ label, text, share }) => (
          <div key={label} className="contents">
            <dt>{label}</dt>
            <dd>
              {text} {share !== undefined && <span className="text-ink-3">{share}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {detail.macs === null && (
        <p className="mt-2 text-11 text-ink-3">Unknown where the operator or a shape is: never counted as 0.</p>
      )}
    </Section>
  );
}

const elementsOf = ({ shape }: PortDetail): number =>
  (shape ?? []).reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1);

/** The largest constant: it is the weight. */
const weightOf = ({ inputs }: NodeDetail): PortDetail | undefined =>
  inputs
    .filter((input) => input.constant)
    .reduce<PortDetail | undefined>(
      (best, input) => (best && elementsOf(best) >= elementsOf(input) ? best : input),
      undefined,
    );

/** Whether training moves what this node has learnt. */
function Freeze({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const frozen = useTraining(app, (state) => state.setup.request.frozen);
  const names = detail.inputs.filter(({ constant }) => constant).map(({ name }) => name);
  const isFrozen = names.every((name) => frozen.includes(name));
  return (
    <Button
      size="small"
      icon={Snowflake}
      aria-pressed={isFrozen}
      title="Frozen weights stay as they are in training"
      onClick={() => app.actions.freezeWeights(names, !isFrozen)}
    >
      {isFrozen ? 'Frozen in training' : 'Freeze in training'}
    </Button>
  );
}

function Weight({ app, detail, port }: { app: App; detail: NodeDetail; port: PortDetail }) {
  const tensor = useMemo(() => subjectOf(port), [port]);
  if (!tensor) return null;
  return (
    <Section app={app} title="Weight" aside={port.bytes === null ? undefined : formatBytes(port.bytes)}>
      <TensorView app={app} tensor={tensor} title={port.slot} family={detail.family} brief />
      <div className="mt-2 flex flex-wrap gap-1.5">
        <Button size="small" onClick={() => app.actions.show({ inspector: 'tensors' })}>
          All tensors of this node
        </Button>
        <Freeze app={app} detail={detail} />
      </div>
    </Section>
  );
}

/** What a node is, what it costs, and why passes leave it alone. */
export function NodeTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const weight = weightOf(detail);
  const marked = useView(app, (state) => state.marked);
  const chosen = useMemo(() => [detail.node, ...marked], [detail.node, marked]);
  return (
    <>
      <SiteSection app={app} node={detail.node} />
      <NearMisses app={app} node={detail.node} operator={operatorOf(detail)} />
      <Attributes app={app} detail={detail} />
      <Ports app={app} detail={detail} side="inputs" />
      <Ports app={app} detail={detail} side="outputs" />
      {weight && <Weight key={weight.value} app={app} detail={detail} port={weight} />}
      <Costs app={app} detail={detail} />
      <GeneSection key={detail.node} app={app} nodes={chosen} />
    </>
  );
}
