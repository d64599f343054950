import { formatBytes, formatInteger } from '../../base/format.ts';
import type { NodeDetail, PortDetail } from '../../engine/detail-types.ts';
import type { App } from '../../state/app.ts';
import { Badge } from '../kit/controls.tsx';
import { Copyable } from './Copyable.tsx';
import { NodeLink } from './NodeLink.tsx';
import { Section } from './Section.tsx';
import { TypeText } from './TypeText.tsx';

/** What a port is to the graph. */
export function PortBadges({ port }: { readonly port: PortDetail }) {
  const graph = port.isInner ? 'subgraph' : 'graph';
  return (
    <>
      {port.constant && <Badge>constant</Badge>}
      {port.isInput && <Badge>{graph} input</Badge>}
      {port.isOutput && <Badge>{graph} output</Badge>}
    </>
  );
}

function Neighbours({ app, port, side }: { app: App; port: PortDetail; side: 'inputs' | 'outputs' }) {
  const { producer, consumers, consumerCount } = port;
  const more = consumerCount - consumers.length;
  const label = side === 'inputs' ? 'also read by' : 'to';
  return (
    <>
      {producer && (
        <p className="ins-port-links">
          <span className="text-ink-3">from</span> <NodeLink app={app} node={producer} />
        </p>
      )}
      {consumerCount > 0 && (
        <p className="ins-port-links">
          <span className="text-ink-3">{label}</span>{' '}
          {consumers.map((each) => (
            <NodeLink key={each.node} app={app} node={each} />
          ))}
          {more > 0 && <span className="text-ink-3">and {formatInteger(more)} more</span>}
        </p>
      )}
      {side === 'outputs' && consumerCount === 0 && !port.isOutput && (
        <p className="ins-port-links text-ink-3">Nothing reads it.</p>
      )}
    </>
  );
}

function Port({ app, port, side }: { app: App; port: PortDetail; side: 'inputs' | 'outputs' }) {
  if (port.value === null) {
    return (
      <li className="ins-port" data-absent="">
        <p className="ins-port-head">
          <span className="ins-port-slot">{port.slot}</span>
          <span className="text-105 text-ink-3">{port.optional ? 'optional, left out' : 'missing'}</span>
        </p>
      </li>
    );
  }
  return (
    <li className="ins-port">
      <p className="ins-port-head">
        <span className="ins-port-slot">{port.slot}</span>
        <TypeText {...port} />
        <span className="ml-auto flex gap-1">
          {port.bytes !== null && <span className="num text-105 text-ink-3">{formatBytes(port.bytes)}</span>}
          <PortBadges port={port} />
        </span>
      </p>
      <Copyable app={app} text={port.name} what={`name of ${port.slot}`} className="mono ell-left ins-port-name" />
      <Neighbours app={app} port={port} side={side} />
    </li>
  );
}

const TITLES = { inputs: 'Inputs', outputs: 'Outputs' } as const;

/** Inputs or outputs by their formal names, with what makes or reads them. */
export function Ports({ app, detail, side }: { app: App; detail: NodeDetail; side: 'inputs' | 'outputs' }) {
  const ports = detail[side];
  return (
    <Section app={app} title={TITLES[side]} aside={formatInteger(ports.length)}>
      <ul className="flex flex-col gap-2.5">
        {ports.map((port) => (
          <Port key={port.slot} app={app} port={port} side={side} />
        ))}
      </ul>
    </Section>
  );
}
