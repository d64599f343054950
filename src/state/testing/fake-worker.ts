import { CodedError } from '../../base/error.ts';
import type { CompareSide, Comparison, SecondView } from '../../engine/compare-types.ts';
import type { DocumentView, PassInfo, PassSites, Picture, Preview, StopView } from '../../engine/types.ts';
import type { ModelSummary } from '../../analysis/summary.ts';
import type { GraphLayout } from '../../layout/types.ts';
import type { GraphApi } from '../../protocol/api.ts';
import type { CallOptions } from '../../protocol/client.ts';
import type { Host } from '../../protocol/host.ts';
import type { PresetInfo } from '../../engine/recipes/read.ts';
import type { RecipeStep } from '../../recipe/types.ts';
import type { KeptRecipe } from '../../storage/types.ts';
import { createApp, type App } from '../app.ts';
import { tensorKey } from '../inspection.ts';
import type { Platform } from '../core.ts';
import { UNWATCHED } from '../device-watch.ts';
import { makeView } from './view.ts';

type Method = keyof GraphApi & string;
/** What a test gives in place of the fake's own answer. */
type Override = (params: never, options: CallOptions) => unknown;

const summary = (nodes: number): ModelSummary => ({
  nodes,
  parameters: 100,
  bytes: nodes * 1000,
  macs: 50,
  elementwise: 5,
  peakActivationBytes: 10,
  movedBytes: 10,
  opset: 17,
  ops: { Conv: nodes },
  inputs: [],
  outputs: [],
  unknownShapes: 0,
  assumed: {},
});

const stop = (index: number, step: RecipeStep | null, nodes: number): StopView => ({
  index,
  pass: step?.pass ?? null,
  title: step?.pass ?? 'Original',
  summary: summary(nodes),
  preserves: 'weights',
  sites: 1,
  off: 0,
  removed: 1,
  added: 0,
  ms: 1,
  lost: [],
  error: null,
  verify: null,
  whole: null,
  groups: [],
  measured: null,
  session: null,
});

const PASSES: readonly PassInfo[] = ['fold', 'fuse'].map((id) => ({
  id,
  group: 'fusion',
  title: `Pass ${id}`,
  why: 'It is smaller.',
  preserves: 'weights',
  needs: [],
  backends: ['wasm'],
  options: { depth: { type: 'number', default: 2, min: 1, max: 9, label: 'Depth' } },
  looksFor: { chains: ['Conv → Relu'], operators: ['Conv', 'Relu'] },
}));

/** Calls that need no open model. */
const WITHOUT_MODEL: ReadonlySet<Method> = new Set([
  'open',
  'passes',
  'samples',
  'capabilities',
  'presets',
  'readRecipe',
  'diffRecipes',
  'keptRecipes',
  'changeRecipes',
]);

const picture = (nodes: number, revision: number): Picture => ({
  view: makeView(
    Array.from({ length: nodes }, (_, row) => ['Conv', `/block.${row}/Conv`, 1] as const),
    revision,
  ),
  layout: {} as GraphLayout,
  toggled: [],
});

/** A graph worker in miniature: a chain of five nodes, each step takes one away. */
class FakeWorker {
  readonly calls: { readonly method: Method; readonly params: unknown }[] = [];
  readonly overrides = new Map<Method, Override>();
  restarts = 0;
  private steps: RecipeStep[] = [];
  private kept: readonly KeptRecipe[] = [];
  private cursor = 0;
  private revision = 0;
  private name = '';
  private second = '';
  private backend: DocumentView['backend'] = 'wasm';

  /** Calls of one method, oldest first. */
  of<M extends Method>(method: M): readonly GraphApi[M]['params'][] {
    const found = this.calls.filter((call) => call.method === method);
    return found.map((call) => call.params as GraphApi[M]['params']);
  }

  /** What a fresh worker knows: nothing. */
  forget(): void {
    this.restarts += 1;
    this.steps = [];
    this.cursor = 0;
    this.name = '';
    this.second = '';
    this.backend = 'wasm';
  }

  async answer(method: Method, params: unknown, options: CallOptions): Promise<unknown> {
    this.calls.push({ method, params });
    await Promise.resolve();
    if (options.signal?.aborted) throw new CodedError('cancelled', 'cancelled');
    const override = this.overrides.get(method);
    if (override) return override(params as never, options);
    return this.own(method, params as never);
  }

  document(): DocumentView {
    return {
      revision: this.revision,
      name: this.name,
      fileBytes: 5000,
      producer: '',
      irVersion: 8,
      stops: [stop(0, null, 5), ...this.steps.map((step, index) => stop(index + 1, step, 4 - index))],
      cursor: this.cursor,
      recipe: { whittle: 1, backend: this.backend, steps: this.steps.slice(0, this.cursor) },
      backend: this.backend,
      missing: [],
      warnings: [],
    };
  }

  private shown() {
    return { document: this.document(), picture: picture(5 - this.cursor, this.revision) };
  }

  private own(method: Method, params: never): unknown {
    if (!this.name && !WITHOUT_MODEL.has(method)) {
      throw new CodedError('bad-request', 'No model is open.');
    }
    const handler = (this as unknown as Record<string, (params: never) => unknown>)[`on_${method}`];
    if (!handler) throw new Error(`the fake has no answer for ${method}`);
    return handler.call(this, params);
  }

  protected on_passes = (): readonly PassInfo[] => PASSES;
  protected on_samples = () => [
    { id: 'tiny', title: 'Tiny', about: '', sizes: {}, nodes: 5, bytes: 5000, tryIt: '', cells: ['conv'] },
  ];
  protected on_capabilities = () => ({ maxThreads: 4, cores: 4, webgpu: null });
  protected on_open = (params: GraphApi['open']['params']) => {
    this.steps = [];
    this.cursor = 0;
    this.revision += 1;
    this.name = 'sample' in params ? `${params.sample}.onnx` : (params.files[0]?.name ?? '');
    return this.shown();
  };
  protected on_sites = ({ passes }: GraphApi['sites']['params']): readonly PassSites[] =>
    (passes ?? []).map((pass) => ({
      pass,
      sites: ['a', 'b', 'c'].map((key, row) => ({ key, rule: pass, anchor: row, nodes: [row], what: `site ${key}` })),
      refusals: [{ rule: pass, nodes: [], reason: 'a second reader' }],
      unavailable: null,
    }));
  protected on_preview = ({ off }: GraphApi['preview']['params']): Preview => ({
    summary: summary(2 + off.length),
    removed: [],
    added: [],
    changed: [],
  });
  protected on_apply = ({ pass, options, off }: GraphApi['apply']['params']) => {
    this.steps = [...this.steps.slice(0, this.cursor), { pass, options, sites: { except: off } }];
    this.cursor = this.steps.length;
    this.revision += 1;
    return this.shown();
  };
  protected on_replay = (params: GraphApi['replay']['params']) => {
    this.steps =
      'recipe' in params ? [...params.recipe.steps] : [{ pass: params.preset, options: {}, sites: 'all' as const }];
    this.cursor = this.steps.length;
    this.revision += 1;
    return this.shown();
  };
  protected on_presets = (): readonly PresetInfo[] => [
    { id: 'clean', title: 'Clean', about: '', recipe: { whittle: 1, steps: [] } },
  ];
  protected on_readRecipe = ({ value }: GraphApi['readRecipe']['params']) => ({ recipe: value, unknown: [] });
  protected on_diffRecipes = () => ({ equal: true, header: [], steps: [], sentence: 'Both are the same.' });
  protected on_keptRecipes = () => this.kept;
  protected on_changeRecipes = ({ put, remove }: GraphApi['changeRecipes']['params']) => {
    const gone = new Set([...remove, ...put.map(({ id }) => id)]);
    return (this.kept = [...put, ...this.kept.filter(({ id }) => !gone.has(id))]);
  };
  protected on_switchBranch = ({ recipe, cursor }: GraphApi['switchBranch']['params']) => {
    this.steps = [...recipe.steps];
    this.cursor = cursor;
    this.revision += 1;
    return this.shown();
  };
  protected on_branchModel = () => ({ name: this.name, bytes: new Uint8Array([1, 2, 3]) });
  protected on_modelHash = () => 'a'.repeat(64);
  protected on_moveTo = ({ cursor }: GraphApi['moveTo']['params']) => {
    this.cursor = cursor;
    return this.shown();
  };
  protected on_setBackend = ({ backend }: GraphApi['setBackend']['params']) => {
    this.backend = backend;
    return { document: this.document() };
  };
  protected on_picture = ({ stop: index }: GraphApi['picture']['params']) => picture(5 - index, this.revision);
  protected on_openSecond = ({ files }: GraphApi['openSecond']['params']): SecondView => {
    this.second = files[0]?.name ?? '';
    return { name: this.second, summary: summary(3), missing: [], warnings: [] };
  };
  protected on_closeSecond = (): null => {
    this.second = '';
    return null;
  };
  protected on_comparedPicture = ({ a, b, which }: GraphApi['comparedPicture']['params']) =>
    picture(nodesOf(which === 'a' ? a : b), this.revision);
  /** Stops lose a node each from the end on; the second model has nothing in common with them. */
  protected on_compare = ({ a, b }: GraphApi['compare']['params']): Omit<Comparison, 'pictures'> => {
    if ((a === 'second' || b === 'second') && this.second === '')
      throw new CodedError('bad-request', 'No second model.');
    const model = (side: CompareSide) => ({ side, name: '', title: '', summary: summary(nodesOf(side)), missing: [] });
    const gone = Array.from({ length: Math.max(0, nodesOf(a) - nodesOf(b)) }, (_, at) => nodesOf(a) - 1 - at).reverse();
    return {
      a: model(a),
      b: model(b),
      changes: gone.map((id) => ({ kind: 'removed', before: [id], after: [], what: [], steps: [1] })),
      same: nodesOf(b),
      pairs: Int32Array.from({ length: 2 * Math.min(nodesOf(a), nodesOf(b)) }, (_, at) => at >> 1),
      ports: [],
      model: [],
      unreadBytes: 0,
      sharedPlaces: true,
    };
  };
  protected on_difference = this.on_compare;
  protected on_unionPicture = () => picture(5, this.revision);
  protected on_node = ({ node }: GraphApi['node']['params']) => ({ node });
  protected on_tensor = ({ ref }: GraphApi['tensor']['params']) => ({ name: tensorKey(ref) });
  protected on_verify = () => ({ result: { ok: true, message: 'They agree.' }, document: this.document() });
  protected on_bench = () => ({ message: 'Done.', a: { samples: [1, 2] }, ratio: 2, verdict: 'faster' });
  protected on_sessionText = () => null;
  protected on_exportModel = () => ({ name: this.name, bytes: new Uint8Array([1, 2, 3]) });
}

const nodesOf = (side: CompareSide): number => (side === 'second' ? 3 : 5 - side);

/** A promise that is settled from outside. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => {};
  reject: (error: Error) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody has to wait for it.
    this.promise.catch(() => {});
  }
}

export interface Fixture {
  readonly app: App;
  readonly worker: FakeWorker;
  /** Files that were handed to the person. */
  readonly saved: { readonly name: string; readonly content: Blob }[];
  /** Ends the worker as a crash does. */
  die(): Promise<void>;
}

/** A page without an address, kept models or other tabs. */
const ALONE: Omit<Platform, 'storage' | 'save' | 'now' | 'devices' | 'onOnline'> = {
  device: UNWATCHED,
  address: null,
  tab: { id: 'tab', reloaded: false, open: async () => new Set(['tab']) },
  models: null,
  copy: async () => {},
  openInTab: () => {},
  guardLeave: () => {},
  painted: () => Promise.resolve(),
  prepare: () => Promise.resolve(),
};

/** The app over a fake worker; `platform` takes the place of what the fake page has. */
export async function makeApp(
  storage: Map<string, string> = new Map(),
  platform: Partial<Platform> = {},
): Promise<Fixture> {
  const worker = new FakeWorker();
  const saved: { name: string; content: Blob }[] = [];
  const hosted: { onDeath?: (error: CodedError) => void } = {};
  let death = new Deferred<never>();
  const renew = (error: CodedError): void => {
    const old = death;
    death = new Deferred();
    worker.forget();
    old.reject(error);
  };
  const makeHost = (graphDied: (error: CodedError) => void): Host => {
    hosted.onDeath = graphDied;
    return {
      client: {
        call: (method: Method, params: unknown, options: CallOptions = {}) =>
          Promise.race([worker.answer(method, params, options), death.promise]) as Promise<never>,
        fail: () => {},
        pending: 0,
      },
      restart: () => renew(new CodedError('worker-died', 'The work was stopped.')),
      dispose: () => {},
    };
  };
  const app = createApp(
    makeHost,
    {
      storage: { getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => void storage.set(key, value) },
      save: (name, content) => void saved.push({ name, content }),
      now: () => 1_700_000_000_000,
      ...ALONE,
      ...platform,
    },
    () => ({ macs: 1, parameters: 1, bytes: 1, activation: 1, latency: null, kept: new Int32Array() }),
  );
  await app.start();
  return {
    app,
    worker,
    saved,
    async die() {
      const error = new CodedError('worker-died', 'The worker ended.');
      renew(error);
      hosted.onDeath?.(error);
      await settle();
    },
  };
}

/** Lets every promise that is on its way come to its end. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

export const failing = (code: CodedError['code'], message: string) => (): never => {
  throw new CodedError(code, message);
};
