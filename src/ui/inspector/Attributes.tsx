import { useState } from 'react';
import { plural } from '../../base/format.ts';
import type { AttributeDetail, NodeDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { tensorKey } from '../../state/inspection.ts';
import { useDocument } from '../kit/use-store.ts';
import { Copyable } from './Copyable.tsx';
import { Section } from './Section.tsx';
import { TensorView } from './tensor/TensorView.tsx';

/** Goes into a subgraph: its group is selected and unfolded where the picture has one, else its first node. */
function GraphJump({ app, holder, graph }: { app: App; holder: number; graph: AttributeDetail['graphs'][number] }) {
  const place = useDocument(app, ({ picture }) => {
    if (!picture || graph.first === null) return null;
    return picture.view.nodeIds.includes(graph.first) ? graph.first : null;
  });
  const text = `${graph.name}, ${plural(graph.nodes, 'node')}`;
  if (place === null) return <span className="text-ink-2">subgraph {text}</span>;
  return (
    <button
      type="button"
      className="ins-node-link"
      aria-label={`Go into subgraph ${graph.name} of node ${holder}`}
      onClick={() => app.actions.focusNode(place)}
    >
      subgraph {text}
    </button>
  );
}

/** What does not fit the line of a value: the whole of it, or the tensors that it holds. */
function Whole({ app, attribute }: { readonly app: App; readonly attribute: AttributeDetail }) {
  const { full, tensors, name } = attribute;
  return (
    <>
      {full !== null && (
        <div className="ins-long mono" role="group" aria-label={`All of ${name}`} tabIndex={0}>
          {full}
        </div>
      )}
      {tensors.map((tensor) => (
        <TensorView
          key={tensorKey(tensor.ref)}
          app={app}
          tensor={{ ...tensor, axis: null }}
          family="const"
          title={name}
        />
      ))}
    </>
  );
}

const REMARKS: Readonly<Record<AttributeDetail['standing'], string>> = {
  written: '',
  default: 'default',
  unset: 'not set',
  missing: 'missing, though the operator requires it',
};

function Value({ app, node, attribute }: { app: App; node: number; attribute: AttributeDetail }) {
  const { name, text, full, standing, redundant, known, graphs } = attribute;
  if (graphs.length > 0) {
    return graphs.map((graph) => <GraphJump key={graph.name + graph.first} app={app} holder={node} graph={graph} />);
  }
  const remark = redundant ? 'as by default' : REMARKS[standing];
  return (
    <>
      {text !== '' && (
        <Copyable app={app} text={full ?? text} what={name} className="mono">
          {text}
        </Copyable>
      )}{' '}
      {remark !== '' && <span className={standing === 'missing' ? 'text-error' : 'text-105 text-ink-3'}>{remark}</span>}
      {!known && <span className="text-105 text-warning">not in the specification of this version</span>}
    </>
  );
}

function Row({ app, node, attribute }: { app: App; node: number; attribute: AttributeDetail }) {
  const [open, setOpen] = useState(false);
  const { name, type, standing, full, tensors } = attribute;
  const hasMore = full !== null || tensors.length > 0;
  return (
    <div data-standing={standing}>
      <dt title={`${name}, ${type}`}>
        <span className="ell">{name}</span> <span className="ins-attribute-type">{type}</span>
      </dt>
      <dd>
        <Value app={app} node={node} attribute={attribute} />
        {hasMore && (
          <button
            type="button"
            className="link ml-1.5"
            aria-expanded={open}
            aria-label={`${open ? 'Less' : 'All'} of ${name}`}
            onClick={() => setOpen(!open)}
          >
            {open ? 'less' : tensors.length > 0 ? 'look' : 'all'}
          </button>
        )}
      </dd>
      {open && (
        <dd className="col-span-full pt-1 pb-2">
          <Whole app={app} attribute={attribute} />
        </dd>
      )}
    </div>
  );
}

/** Every attribute that the operator has: what the file writes, then what holds by default, then what is not set. */
export function Attributes({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  const { attributes, node } = detail;
  const written = attributes.filter(({ standing }) => standing === 'written').length;
  return (
    <Section
      app={app}
      title="Attributes"
      aside={attributes.length > 0 ? `${written} of ${attributes.length} written` : ''}
    >
      {attributes.length === 0 && <p className="text-12 text-ink-3">This operator has none.</p>}
      <dl className="ins-attributes">
        {attributes.map((attribute) => (
          <Row key={attribute.name} app={app} node={node} attribute={attribute} />
        ))}
      </dl>
    </Section>
  );
}
