import { Check, FileQuestionMark, Unplug } from 'lucide-react';
import { formatBytes, formatCount, formatInteger, formatShape, plural } from '../../base/format.ts';
import type { IoSummary, ModelSummary } from '../../analysis/summary.ts';
import type { App } from '../../state/app.ts';
import { PortEdits } from '../edit/PortEdits.tsx';
import { Button, Icon } from '../kit/controls.tsx';
import { useListed } from '../kit/Listed.tsx';
import { useDocument } from '../kit/use-store.ts';
import { chooseFiles } from '../start/files.ts';

/** Data files that the model names: those that are here, and those that are still to be given. */
function ExternalData({ app }: { readonly app: App }) {
  const missing = useDocument(app, (state) => state.document?.missing);
  const given = useDocument(app, (state) => state.external);
  if (!missing || missing.length === 0) return null;
  return (
    <section className="sec" aria-label="Missing data">
      <h3 className="flex items-center gap-2">
        <Icon of={Unplug} size={15} className="text-warning" />
        <span className="h3">
          {missing.length === 1 ? 'A data file is' : `${plural(missing.length, 'data file')} are`} missing
        </span>
      </h3>
      <p className="mt-1.5 text-12 text-ink-2">
        The structure is open. Weights, folding and timing wait for these files.
      </p>
      <ul className="mt-2.5 flex flex-col gap-[5px]">
        {given.map((file) => (
          <li
            key={file.name}
            className="flex h-9 items-center gap-2 rounded-3 px-2.5 shadow-[inset_0_0_0_1px_var(--line)]"
          >
            <Icon of={Check} className="text-added" />
            <span className="mono ell flex-1">{file.name}</span>
            <span className="num text-11 text-ink-3">{formatBytes(file.bytes)}</span>
            <span className="text-11 text-added">found</span>
          </li>
        ))}
        {missing.map((name) => (
          <li
            key={name}
            className="flex h-9 items-center gap-2 rounded-3 border border-dashed border-line-strong pr-1.5 pl-2.5"
          >
            <Icon of={FileQuestionMark} className="text-ink-3" />
            <span className="mono ell flex-1" title={name}>
              {name}
            </span>
            <Button size="small" aria-label={`Choose ${name}`} onClick={chooseFiles}>
              Choose
            </Button>
          </li>
        ))}
      </ul>
      <p className="mt-2.5 text-11 text-ink-3">Or drop them anywhere.</p>
    </section>
  );
}

interface PortsProps {
  readonly app: App;
  readonly title: string;
  readonly kind: 'input' | 'output';
  readonly ports: readonly IoSummary[];
}

function Ports({ app, title, kind, ports }: PortsProps) {
  const { shown, more } = useListed(ports);
  return (
    <section className="sec" aria-label={title}>
      <h3 className="h4 mb-1.5">{title}</h3>
      <dl className="kv">
        {shown.map((port) => (
          <div key={port.name} className="contents">
            <dt className="ell" title={port.name}>
              {port.name}
            </dt>
            <dd className="port">
              <span className="mono">
                {formatShape(port.shape)} <span className="text-ink-3">{port.dtype}</span>
              </span>
              <PortEdits app={app} kind={kind} port={port} />
            </dd>
          </div>
        ))}
      </dl>
      {more}
    </section>
  );
}

function Operators({ app, summary }: { readonly app: App; readonly summary: ModelSummary }) {
  const rows = Object.entries(summary.ops).sort((a, b) => b[1] - a[1]);
  const largest = rows[0]?.[1] ?? 1;
  return (
    <section className="sec" aria-label="Operators">
      <h3 className="h4 mb-1.5">Operators</h3>
      <ul>
        {rows.map(([op, count]) => (
          <li key={op}>
            <button
              type="button"
              className="-mx-1.5 flex h-[22px] w-[calc(100%+12px)] items-center gap-2 rounded-2 px-1.5 text-12 hover:bg-hover"
              title={`Search for ${op}`}
              onClick={() => app.actions.search(`op:${op}`)}
            >
              <span className="ell flex-1 text-left text-ink-2">{op}</span>
              <span className="num">{formatInteger(count)}</span>
              <span className="bar" aria-hidden="true">
                <i style={{ width: `${(count / largest) * 100}%` }} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const factsOf = (summary: ModelSummary): readonly (readonly [string, string])[] => [
  ['Nodes', formatInteger(summary.nodes)],
  ['Parameters', formatCount(summary.parameters)],
  ['MACs', formatCount(summary.macs)],
  ['Elementwise', formatCount(summary.elementwise)],
  ['File', formatBytes(summary.bytes)],
  ['Peak memory', formatBytes(summary.peakActivationBytes)],
];

/** The model as a whole: what the inspector shows while no node is selected. */
export function ModelTab({ app }: { readonly app: App }) {
  const document = useDocument(app, (state) => state.document);
  const summary = document?.stops[document.cursor]?.summary;
  if (!document || !summary) return null;
  const assumed = Object.entries(summary.assumed).map(([name, size]) => `${name} = ${size}`);
  return (
    <div role="group" aria-label="Model" tabIndex={0} className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
      <div className="sec">
        <h2 className="ell text-15 font-strong">{document.name}</h2>
        <p className="mt-0.5 text-11 text-ink-3">Select a node to see what it holds.</p>
      </div>
      <ExternalData app={app} />
      <section className="sec" aria-label="Model">
        <dl className="kv num" data-numbers="">
          {factsOf(summary).map(([label, text]) => (
            <div key={label} className="contents">
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        {assumed.length > 0 && (
          <p className="mt-2 text-11 break-words text-ink-3">Counted with {assumed.join(', ')}.</p>
        )}
        {summary.unknownShapes > 0 && (
          <p className="mt-2 text-11 text-warning">{plural(summary.unknownShapes, 'shape')} could not be inferred.</p>
        )}
        {document.warnings.map((warning) => (
          <p key={warning} className="mt-2 text-11 text-warning">
            {warning}
          </p>
        ))}
      </section>
      <Ports app={app} title="Inputs" kind="input" ports={summary.inputs} />
      <Ports app={app} title="Outputs" kind="output" ports={summary.outputs} />
      <Operators app={app} summary={summary} />
    </div>
  );
}
