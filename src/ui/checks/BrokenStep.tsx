import { Bug } from 'lucide-react';
import { formatError, plural } from '../../base/format.ts';
import type { Bisection } from '../../engine/bisect-types.ts';
import type { App } from '../../state/app.ts';
import { Icon } from '../kit/controls.tsx';
import { useDocument } from '../kit/use-store.ts';

interface PartProps {
  readonly title: string;
  readonly text: string;
  /** What a click does. */
  readonly goes: string;
  readonly about: string;
  onGo(): void;
}

/** One answer of the search: a click goes there. */
function Part({ title, text, goes, about, onGo }: PartProps) {
  return (
    <li className="broken-part">
      <span className="text-11 text-ink-3">{title}</span>
      <button type="button" className="link text-12 [overflow-wrap:anywhere]" title={goes} onClick={onGo}>
        {text}
      </button>
      <span className="num text-11 text-ink-2 [overflow-wrap:anywhere]">{about}</span>
    </li>
  );
}

function Parts({ app, found }: { readonly app: App; readonly found: Bisection }) {
  const { step, site, value, checks } = found;
  const { actions } = app;
  return (
    <ul className="broken-parts" aria-label="Where it parts">
      {step && (
        <Part
          title="Broken by"
          text={`Step ${step.index}, ${step.title}`}
          goes="Show the model after this step"
          about={`the first after which the outputs differ · ${plural(checks, 'comparison')}`}
          onGo={() => void actions.showBrokenStep()}
        />
      )}
      {site && (
        <Part
          title="Site"
          text={site.nodes.join(', ') || site.key}
          goes="Show its nodes, in the model before the step"
          about={`${site.number} of ${plural(site.of, 'site')}${site.what === null ? '' : ` · ${site.what}`}`}
          onGo={() => void actions.showBrokenSite()}
        />
      )}
      {value && (
        <Part
          title="Value"
          text={value.name}
          goes="Show the node that gives it, after the step"
          about={`from ${value.producer} · ${formatError(value.maxRel)} relative, ${formatError(value.allowed)} allowed`}
          onGo={() => void actions.showBrokenValue()}
        />
      )}
    </ul>
  );
}

/** What the search for the broken step found: each part is a way to its place. */
export function BrokenStep({ app }: { readonly app: App }) {
  const bound = useDocument(app, (state) => state.bisection);
  if (!bound) return null;
  const { result } = bound;
  return (
    <section className="broken" aria-label="Which step broke it?">
      {result.step && <Parts app={app} found={result} />}
      {!result.site && (
        <p className="flex items-start gap-1.5 text-12 text-ink-2">
          <Icon of={Bug} size={13} className="mt-0.5 text-ink-3" />
          <span>
            {result.step ? '' : 'No step broke it. '}
            {result.message}
          </span>
        </p>
      )}
    </section>
  );
}
