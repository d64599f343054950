import { formatInteger, plainOperator, plural } from '../../base/format.ts';
import type { NodeDetail, NodeRef, OriginDetail, PortDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { Badge, type Tone } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';
import { Section } from './Section.tsx';

function MadeBy({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const { madeBy } = detail;
  if (madeBy === null) {
    return <p className="text-12 text-ink-2">It stands in the opened file; no step has made it.</p>;
  }
  return (
    <dl className="kv">
      <dt>Step</dt>
      <dd>
        <button
          type="button"
          className="ins-node-link"
          title="Show the model after this step"
          onClick={() => void app.actions.showAt(madeBy.stop, detail.node)}
        >
          {formatInteger(madeBy.stop)}. {madeBy.title}
        </button>
      </dd>
      <dt>Rule</dt>
      <dd className="mono">{madeBy.rule}</dd>
    </dl>
  );
}

/** A node of the opened model, with the way to it: the recipe stays, and can be done again. */
function Ancestor({ app, node }: { readonly app: App; readonly node: NodeRef }) {
  const ordinal = useDocument(app, ({ origin }) => {
    const row = origin?.view.nodeIds.indexOf(node.node) ?? -1;
    return row < 0 ? null : (origin?.view.nodeOrdinals[row] ?? null);
  });
  const label = `${plainOperator(node.opType)}${ordinal === null ? '' : ` ${ordinal}`}`;
  return (
    <li>
      <p className="flex items-center gap-1.5 text-12">
        <button
          type="button"
          className="ins-node-link"
          aria-label={`Show ${label} in the original`}
          title="Show it in the original. Redo comes back."
          onClick={() => void app.actions.showAt(0, node.node)}
        >
          {label}
        </button>
      </p>
      <p className="mono ell-left text-ink-3" title={node.name}>
        {node.name}
      </p>
    </li>
  );
}

const TONES: Readonly<Record<OriginDetail['relation'], Tone>> = {
  same: 'none',
  scaled: 'changed',
  sliced: 'changed',
  new: 'good',
};

function originText(origin: OriginDetail): string {
  if (origin.relation === 'new') return 'made by a step';
  if (origin.relation !== 'sliced') return origin.name;
  const { name, axis, kept, of } = origin;
  return `${name}, ${formatInteger(kept)}${of === null ? '' : ` of ${formatInteger(of)}`} kept on axis ${axis}`;
}

function ValueOrigin({ port, side }: { readonly port: PortDetail; readonly side: string }) {
  return (
    <li className="ins-port">
      <p className="ins-port-head">
        <span className="ins-port-slot">{port.slot}</span>
        <span className="text-105 text-ink-3">{side}</span>
        <span className="ml-auto">
          {port.origin === null ? (
            <Badge>as in the file</Badge>
          ) : (
            <Badge tone={TONES[port.origin.relation]}>{port.origin.relation}</Badge>
          )}
        </span>
      </p>
      <p className="mono [overflow-wrap:anywhere] text-ink-2">
        {port.origin === null ? port.name : originText(port.origin)}
      </p>
    </li>
  );
}

/** Where the node and its values come from. */
export function HistoryTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const { ancestors, gone, inputs, outputs } = detail;
  return (
    <>
      <Section app={app} title="Made by">
        <MadeBy app={app} detail={detail} />
      </Section>
      {ancestors.length > 0 && (
        <Section app={app} title="Stands for" aside={plural(ancestors.length, 'node')}>
          <ul className="flex flex-col gap-2">
            {ancestors.map((each) => (
              <Ancestor key={each.node} app={app} node={each} />
            ))}
          </ul>
        </Section>
      )}
      <Section app={app} title="Values in the opened file">
        <ul className="flex flex-col gap-2.5">
          {inputs.map((port) => port.value !== null && <ValueOrigin key={port.slot} port={port} side="input" />)}
          {outputs.map((port) => port.value !== null && <ValueOrigin key={port.slot} port={port} side="output" />)}
        </ul>
        {gone.length > 0 && (
          <>
            <h4 className="h4 mt-3 mb-1">Gone</h4>
            <p className="text-11 text-ink-3">Results of its ancestors that no value stands for any more.</p>
            <ul>
              {gone.map((name) => (
                <li key={name} className="mono py-0.5 text-ink-2 [overflow-wrap:anywhere]">
                  {name}
                </li>
              ))}
            </ul>
          </>
        )}
      </Section>
    </>
  );
}
