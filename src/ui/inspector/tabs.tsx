import type { NodeDetail, PortDetail } from '../../engine/types.ts';
import type { App } from '../../state/app.ts';
import { Badge } from '../kit/controls.tsx';
import { TensorHistogram } from './Histogram.tsx';

function Port({ app, port, kind, family }: { app: App; port: PortDetail; kind: string; family: string }) {
  return (
    <section className="sec" aria-label={`${kind} ${port.slot || port.name}`}>
      <h3 className="h4 mb-1">
        <span className="ell">{port.slot || kind}</span>
        <Badge>{port.constant ? 'constant' : kind}</Badge>
      </h3>
      <p className="mono ell-left text-ink-2" title={port.name}>
        {port.name || 'left out'}
      </p>
      <p className="mono mt-0.5 mb-1.5 text-ink-3">{port.type}</p>
      {port.constant && <TensorHistogram app={app} value={port.value} title="Values" family={family} />}
    </section>
  );
}

/** Every tensor that goes in and out; constants with their distribution. */
export function TensorsTab({ app, detail }: { readonly app: App; readonly detail: NodeDetail }) {
  return (
    <>
      {detail.inputs.map((port) => (
        <Port key={`in ${port.slot} ${port.value}`} app={app} port={port} kind="input" family={detail.family} />
      ))}
      {detail.outputs.map((port) => (
        <Port key={`out ${port.slot} ${port.value}`} app={app} port={port} kind="output" family={detail.family} />
      ))}
    </>
  );
}

/** Where the node and its tensors come from. */
export function HistoryTab({ detail }: { readonly detail: NodeDetail }) {
  const changed = [...detail.inputs, ...detail.outputs].filter((port) => port.origin !== null);
  return (
    <>
      <section className="sec" aria-label="Made by">
        <h3 className="h4 mb-1">Made by</h3>
        <p className="text-12 text-ink-2">{detail.madeBy ?? 'It stands in the opened file; no step has touched it.'}</p>
      </section>
      {detail.ancestors.length > 0 && (
        <section className="sec" aria-label="Stands for">
          <h3 className="h4 mb-1">Stands for</h3>
          <ul className="text-12 text-ink-2">
            {detail.ancestors.map((ancestor) => (
              <li key={ancestor} className="mono py-0.5 [overflow-wrap:anywhere]">
                {ancestor}
              </li>
            ))}
          </ul>
        </section>
      )}
      {changed.length > 0 && (
        <section className="sec" aria-label="Values">
          <h3 className="h4 mb-1">Values in the opened file</h3>
          <dl className="kv">
            {changed.map((port) => (
              <div key={`${port.slot} ${port.value}`} className="contents">
                <dt className="ell">{port.slot || port.name}</dt>
                <dd className="mono">{port.origin}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </>
  );
}
