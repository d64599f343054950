import { plural } from '../base/format.ts';
import type { Bisection } from '../engine/bisect-types.ts';
import type { GraphView } from '../ir/view.ts';
import type { StopsRequest } from '../verify/types.ts';
import { ALONE } from './alone.ts';
import { bind, ifHolds } from './bound.ts';
import type { Core } from './core.ts';
import { verifyDefaults } from './measuring.ts';

export interface BisectingActions {
  /** Looks for the first step, site and value at which the result at the cursor parts from the original. */
  bisect(request?: Partial<StopsRequest>): Promise<Bisection | null>;
  /** Goes to the step that was found, as it left the model. */
  showBrokenStep(): Promise<void>;
  /** Goes to the model before that step, with the nodes of the site lit. */
  showBrokenSite(): Promise<void>;
  /** Goes to the step, with the node lit that gives the first value that differs. */
  showBrokenValue(): Promise<void>;
  /** Dims everything but the lit nodes no longer. */
  unlight(): void;
}

interface Others {
  moveTo(cursor: number): Promise<void>;
  focusNode(node: number): void;
}

/** `com.microsoft.FusedConv` is called `FusedConv`. */
const plain = (opType: string): string => opType.slice(opType.lastIndexOf('.') + 1);

/** Nodes that are called so: operator and name, or operator and first result where they have no name. */
export function nodesCalled(view: GraphView, labels: readonly string[]): readonly number[] {
  const wanted = new Set(labels);
  const results = new Map<number, string>();
  view.wireSources.forEach((row, wire) => {
    if (row >= 0 && !results.has(row)) results.set(row, view.wireNames[wire] ?? '');
  });
  const called = (row: number): string =>
    `${plain(view.opTypes[view.nodeOps[row] ?? 0] ?? '')} ${view.nodeNames[row] || (results.get(row) ?? '')}`;
  return Array.from(view.nodeIds).filter((_, row) => wanted.has(called(row)));
}

/** The node that gives a value; null: there is none of that name. */
export function nodeOfValue(view: GraphView, name: string): number | null {
  const row = view.wireSources[view.wireNames.indexOf(name)] ?? -1;
  return row < 0 ? null : (view.nodeIds[row] ?? null);
}

export function bisectingActions(core: Core, others: Others): BisectingActions {
  const { document: store, view } = core;

  core.onAdopt(() => {
    store.setState(({ bisection }) => ({ bisection: ifHolds(core, bisection) }));
    view.setState({ lit: null });
  });

  /** Goes to a stop and lights nodes there; where none is found, the stop is shown as it is. */
  const showAt = async (stop: number, find: (graph: GraphView) => readonly number[]): Promise<void> => {
    view.setState({ workspace: 'studio' });
    await others.moveTo(stop);
    const { document, picture } = store.getState();
    if (!picture || document?.cursor !== stop) return;
    const nodes = find(picture.view);
    view.setState({ lit: nodes.length > 0 ? nodes : null });
    if (nodes[0] !== undefined) others.focusNode(nodes[0]);
    core.notices.announce(
      nodes.length > 0 ? `${plural(nodes.length, 'node')} lit.` : 'No node of that name stands here.',
    );
  };

  const found = (): Bisection | null => store.getState().bisection?.result ?? null;

  return {
    async bisect(request = {}) {
      const { document } = store.getState();
      if (!document || document.cursor === 0) return null;
      const title = 'Which step broke it?';
      if (core.runner.isRunning(...ALONE, 'bisect')) {
        const text = 'A measurement or a search is at work already.';
        core.notices.show({ tone: 'plain', title: 'The search has to wait', text });
        return null;
      }
      const full = { ...verifyDefaults(core.settings.getState().settings.threads), ...request };
      const bound = bind(core, document.cursor, null);
      view.setState({ dock: 'checks', workspace: 'studio' });
      try {
        const result = await core.runner.run('bisect', title, (call) =>
          core.client.call('bisect', { request: full }, call),
        );
        store.setState({ bisection: ifHolds(core, { ...bound, result }) });
        core.notices.announce(result.message);
        return result;
      } catch (error) {
        return core.fail('check', title, error);
      }
    },
    async showBrokenStep() {
      const step = found()?.step;
      if (step) await showAt(step.index, () => []);
    },
    async showBrokenSite() {
      const { step = null, site = null } = found() ?? {};
      if (step && site) await showAt(step.index - 1, (graph) => nodesCalled(graph, site.nodes));
    },
    async showBrokenValue() {
      const { step = null, value = null } = found() ?? {};
      if (!step || !value) return;
      await showAt(step.index, (graph) => {
        const node = nodeOfValue(graph, value.name);
        return node === null ? [] : [node];
      });
    },
    unlight: () => view.setState({ lit: null }),
  };
}
