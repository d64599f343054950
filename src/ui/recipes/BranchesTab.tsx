import { GitBranch, GitCompare, Pencil, SquareSplitHorizontal, Trash2 } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatInteger,
  formatMs,
  formatRatioInterval,
  UNKNOWN,
} from '../../base/format.ts';
import type { App } from '../../state/app.ts';
import type { Branch } from '../../state/recipes-store.ts';
import { VerdictBadge } from '../checks/VerdictBadge.tsx';
import { Badge, Button, IconButton } from '../kit/controls.tsx';
import { useDocument, useRecipes } from '../kit/use-store.ts';
import { NameForm } from './NameForm.tsx';

/** Where a branch begins, and what it is called. */
function Begin({ app }: { readonly app: App }) {
  const stops = useDocument(app, (state) => state.document?.stops ?? []);
  const cursor = useDocument(app, (state) => state.document?.cursor ?? 0);
  const [chosen, setChosen] = useState<number | null>(null);
  const id = useId();
  const at = chosen !== null && stops[chosen] ? chosen : cursor;
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <label htmlFor={id} className="text-12 text-ink-2">
        Begin a branch after
      </label>
      <select
        id={id}
        className="select w-[240px]"
        value={at}
        onChange={(event) => setChosen(Number(event.target.value))}
      >
        {stops.map(({ index, title }) => (
          <option key={index} value={index}>
            {index}: {title}
          </option>
        ))}
      </select>
      <NameForm
        label="Name of the branch"
        verb="Begin branch"
        first=""
        onName={(name) => void app.actions.branchFrom(at, name)}
      />
    </div>
  );
}

/** A number, and how far it is from the branch at work. */
function Cell({ text, change }: { readonly text: string; readonly change: string | null }) {
  return (
    <td className="r">
      {text}
      <span className="ml-1.5 inline-block w-[58px] text-11 text-ink-3">
        {change === null || change === 'same' ? '' : change}
      </span>
    </td>
  );
}

/** What the result of a branch takes, timed against the original. */
function timeOf({ benches, cursor }: Branch): ReactNode {
  const bench = benches.findLast(({ a, b, loads }) => a === 0 && b === cursor && loads === undefined)?.result;
  if (!bench?.b) return <span className="text-ink-3">not timed</span>;
  return `${formatMs(bench.b.median)}, ${formatRatioInterval(bench.ratio, bench.interval)}`;
}

interface RowProps {
  readonly app: App;
  readonly branch: Branch;
  readonly at: Branch | undefined;
}

function Name({ app, branch, current }: { readonly app: App; readonly branch: Branch; readonly current: boolean }) {
  const [renaming, setRenaming] = useState(false);
  if (renaming) {
    const done = (): void => setRenaming(false);
    const rename = (name: string): void => {
      done();
      app.actions.renameBranch(branch.id, name);
    };
    return (
      <NameForm
        label={`New name of ${branch.name}`}
        verb="Rename"
        first={branch.name}
        autoFocus
        onCancel={done}
        onName={rename}
      />
    );
  }
  return (
    <span className="flex items-center gap-1.5">
      <span className="ell max-w-[180px] font-medium">{branch.name}</span>
      {current && <Badge tone="accent">at work</Badge>}
      <IconButton icon={Pencil} size="small" label={`Rename ${branch.name}`} onClick={() => setRenaming(true)} />
    </span>
  );
}

function BranchRow({ app, branch, at }: RowProps) {
  const { id, name, from, recipe, cursor, result } = branch;
  const current = id === at?.id;
  const [own, other] = [result?.summary, current ? undefined : at?.result?.summary];
  const change = (of: 'nodes' | 'parameters' | 'macs' | 'bytes'): string | null =>
    own && other ? formatChange(other[of], own[of]) : null;
  const undone = recipe.steps.length - cursor;
  const diff = (): void => {
    app.recipes.setState({ tab: 'diff' });
    void app.actions.diffRefs({ a: `branch:${at?.id ?? ''}`, b: `branch:${id}` });
  };
  return (
    <tr>
      <th scope="row">
        <Name app={app} branch={branch} current={current} />
      </th>
      <td className="r">
        {formatInteger(cursor)}
        <span className="ml-1.5 text-11 text-ink-3">
          {undone > 0 ? `${undone} undone` : from > 0 ? `after ${from}` : ''}
        </span>
      </td>
      <Cell text={own ? formatInteger(own.nodes) : UNKNOWN} change={change('nodes')} />
      <Cell text={own ? formatCount(own.parameters) : UNKNOWN} change={change('parameters')} />
      <Cell text={own ? formatCount(own.macs) : UNKNOWN} change={change('macs')} />
      <Cell text={own ? formatBytes(own.bytes) : UNKNOWN} change={change('bytes')} />
      <td>
        {result ? (
          <VerdictBadge result={result.whole ?? result.verify} />
        ) : (
          <span className="text-ink-3">{UNKNOWN}</span>
        )}
      </td>
      <td className="r">{timeOf(branch)}</td>
      <td>
        {!current && (
          <span className="flex justify-end gap-0.5">
            <IconButton icon={GitCompare} size="small" label={`What differs in ${name}`} onClick={diff} />
            <IconButton
              icon={SquareSplitHorizontal}
              size="small"
              label={`Compare the models, ${name} beside what is shown`}
              onClick={() => void app.actions.compareBranch(id)}
            />
            <IconButton
              icon={Trash2}
              size="small"
              label={`Delete ${name}`}
              onClick={() => app.actions.deleteBranch(id)}
            />
            <Button size="small" icon={GitBranch} onClick={() => void app.actions.switchBranch(id)}>
              Go to<span className="sr-only"> {name}</span>
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

const HEADS = ['Steps', 'Nodes', 'Parameters', 'MACs', 'Size'];

/** The lines of the recipe, what each leads to beside the one at work. */
export function BranchesTab({ app }: { readonly app: App }) {
  const branches = useRecipes(app, (state) => state.branches);
  const current = useRecipes(app, (state) => state.branch);
  const at = branches.find(({ id }) => id === current);
  const unknown = branches.some(({ result }) => result === null);
  return (
    <>
      <Begin app={app} />
      {branches.length === 0 ? (
        <p className="text-12 text-ink-3">
          The recipe has one line so far. A branch shares the steps up to a stop and goes on by itself; undo and redo
          stay with each, and going back takes no replay.
        </p>
      ) : (
        <div
          className="-mx-1.5 overflow-x-auto px-1.5 pb-1"
          tabIndex={0}
          role="region"
          aria-label="Branches beside each other"
        >
          <table aria-label="Branches" className="table num">
            <thead>
              <tr>
                <th scope="col">Branch</th>
                {HEADS.map((head) => (
                  <th key={head} scope="col" className="r">
                    {head}
                    {head === 'Steps' ? '' : <span className="ml-1.5 inline-block w-[58px]" />}
                  </th>
                ))}
                <th scope="col">Verdict</th>
                <th scope="col" className="r">
                  Time
                </th>
                <th scope="col">
                  <span className="sr-only">What can be done</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {branches.map((branch) => (
                <BranchRow key={branch.id} app={app} branch={branch} at={at} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {unknown && branches.length > 0 && (
        <p className="mt-3 text-11 text-ink-3">
          {UNKNOWN}: not at work in this visit yet. It is counted when you go there.
        </p>
      )}
    </>
  );
}
