import { Check, CircleQuestionMark, Square } from 'lucide-react';
import { formatBytes, formatCount, formatInteger, formatShare, formatValue } from '../../base/format.ts';
import type { NodeDetail, PortDetail } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import type { DocumentState } from '../../state/document.ts';
import { Badge, Button, Icon } from '../kit/controls.tsx';
import { useDocument, usePart } from '../kit/use-store.ts';
import { TensorHistogram } from './Histogram.tsx';

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

interface WhyNot {
  readonly pass: string;
  readonly title: string;
  readonly reason: string;
}

/** Near misses of all passes at this node. */
function refusalsAt({ passes, sites }: DocumentState, node: number): readonly WhyNot[] {
  return passes.flatMap(({ id, title }) =>
    (sites[id]?.refusals ?? [])
      .filter(({ nodes }) => nodes.some((each) => each === node))
      .map((refusal) => ({ pass: id, title, reason: refusal.reason })),
  );
}

function WhyNotSection({ app, node }: { readonly app: App; readonly node: number }) {
  const sites = useDocument(app, (state) => state.sites);
  const passes = useDocument(app, (state) => state.passes);
  const found = refusalsAt({ ...app.document.getState(), sites, passes }, node);
  if (found.length === 0) return null;
  return (
    <section className="sec" aria-label="Why not">
      <h3 className="h4 mb-1.5">Why not here</h3>
      {found.map(({ pass, title, reason }) => (
        <div key={pass + reason} className="miss mt-1.5">
          <h4 className="flex items-center gap-1.5 text-12 font-medium">
            <Icon of={CircleQuestionMark} size={12} className="text-warning" />
            <span className="ell flex-1">{title}</span>
            <button type="button" className="link" onClick={() => app.actions.lookAt(pass)}>
              look
            </button>
          </h4>
          <p className="mt-0.5 text-12 text-ink-2 [overflow-wrap:anywhere]">{reason}</p>
        </div>
      ))}
    </section>
  );
}

/** `float32 1×192×28×28` as shape and short type. */
function PortType({ type }: { readonly type: string }) {
  const [dtype, ...shape] = type.split(' ');
  return (
    <>
      {shape.length > 0 ? shape.join(' ') : ''} <span className="text-ink-3">{dtype}</span>
    </>
  );
}

function PortLine({ kind, port: { slot, name, type } }: { readonly kind: string; readonly port: PortDetail }) {
  return (
    <>
      <dt className="ell" title={`${kind} ${slot}: ${name}`}>
        {slot || kind}
      </dt>
      <dd className="mono" title={name}>
        <PortType type={type} />
      </dd>
    </>
  );
}

function Attributes({ detail }: { readonly detail: NodeDetail }) {
  return (
    <section className="sec" aria-label="Attributes">
      <dl className="kv">
        {detail.attributes.map(({ name, value, isDefault }) => (
          <div key={name} className="contents">
            <dt className="ell" title={name}>
              {name}
            </dt>
            <dd className={isDefault ? 'text-ink-3' : ''}>
              <span className="mono">{value}</span>
              {isDefault && <span className="text-105"> default</span>}
            </dd>
          </div>
        ))}
        {detail.inputs
          .filter((input) => !input.constant)
          .map((input) => (
            <PortLine key={`in ${input.slot} ${input.value}`} kind="Input" port={input} />
          ))}
        {detail.outputs.map((output) => (
          <PortLine key={`out ${output.slot} ${output.value}`} kind="Output" port={output} />
        ))}
      </dl>
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
    <section className="px-3.5 py-[11px]" aria-label="Cost">
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
    </section>
  );
}

/** Elements of `float32 32×3×3×3`. */
const sizeOf = ({ type }: PortDetail): number =>
  (type.split(' ')[1] ?? '').split('×').reduce((product, size) => product * (Number(size) || 1), 1);

/** The largest constant: it is the weight. */
const weightOf = ({ inputs }: NodeDetail): PortDetail | undefined =>
  inputs
    .filter((input) => input.constant)
    .reduce<PortDetail | undefined>((best, input) => (best && sizeOf(best) >= sizeOf(input) ? best : input), undefined);

/** What a node is, what it costs, and why passes leave it alone. */
export function NodeTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const weight = weightOf(detail);
  return (
    <>
      <SiteSection app={app} node={detail.node} />
      <WhyNotSection app={app} node={detail.node} />
      <Attributes detail={detail} />
      {weight && (
        <section className="sec" aria-label="Weight">
          <TensorHistogram app={app} value={weight.value} title={weight.slot || 'Constant'} family={detail.family} />
        </section>
      )}
      <Costs app={app} detail={detail} />
    </>
  );
}
