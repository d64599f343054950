import { CodedError, toErrorRecord, type ErrorRecord } from '../base/error.ts';
import { plural } from '../base/format.ts';
import type { CompareRequest, CompareSide, Comparison } from '../engine/compare-types.ts';
import type { Picture } from '../engine/types.ts';
import type { CallOptions } from '../protocol/client.ts';
import { ALONE } from './alone.ts';
import { changeRows, type ChangeRow } from './changes.ts';
import { NO_RESULT, type CompareState } from './compared.ts';
import type { Core } from './core.ts';

/** Weights up to this are compared unasked, bytes. */
export const UNASKED_WEIGHTS = 256e6;

const BENCH_RUNS: ErrorRecord = {
  code: 'bad-request',
  message: 'A measurement is running. It needs the device for itself: compare again when it is over.',
  data: {},
};

/** The stop or file that B stands for now. */
export const sideOfB = ({ b }: Pick<CompareState, 'b'>, cursor: number): CompareSide => b ?? cursor;

/** Makes the comparison that the workspace shows: one at a time, the newest wish wins. */
export class CompareRun {
  private readonly core: Core;
  /** Kept to open the second model again after the worker's death. */
  private secondFiles: readonly File[] | null = null;
  private opened = 0;

  constructor(core: Core) {
    this.core = core;
    core.onAdopt(() => this.adopted());
    core.view.subscribe(({ workspace }, before) => {
      if (workspace !== before.workspace) this.ensure();
    });
    core.document.subscribe(({ document }, before) => {
      if (!document && before.document) this.forget();
    });
    core.document.subscribe(({ picture }, { picture: then }) => {
      if (!picture || !then || picture === then || picture.view.revision !== then.view.revision) return;
      if (picture.toggled.join('\n') !== then.toggled.join('\n')) void this.redraw();
    });
  }

  /** A closed document leaves nothing to compare. */
  private forget(): void {
    this.secondFiles = null;
    this.core.compare.setState({ ...NO_RESULT, second: null, secondError: null, a: 0, b: null });
  }

  /** Which two are compared now. */
  sides(): { readonly a: CompareSide; readonly b: CompareSide } {
    const { compare, document } = this.core;
    const cursor = document.getState().document?.cursor ?? 0;
    return { a: compare.getState().a, b: sideOfB(compare.getState(), cursor) };
  }

  /** Takes a choice over and compares again; what is shown stays until the new result is there. */
  choose(patch: Partial<CompareState>): void {
    const { job } = this.core.compare.getState();
    if (job !== null) this.core.runner.cancel(job);
    this.core.compare.setState({ job: null, stale: true, ...patch });
    this.ensure();
  }

  async openSecond(files: readonly File[], name: string): Promise<void> {
    const { runner, client } = this.core;
    const second = await runner.run('compare', `Opening ${name}`, (call) => client.call('openSecond', { files }, call));
    this.secondFiles = files;
    this.choose({ second, secondError: null, b: 'second' });
  }

  async closeSecond(): Promise<void> {
    const { a, b } = this.core.compare.getState();
    this.secondFiles = null;
    this.choose({
      second: null,
      secondError: null,
      ...(a === 'second' ? { a: 0 } : {}),
      ...(b === 'second' ? { b: null } : {}),
    });
    await this.core.client.call('closeSecond', null);
  }

  async run(weightBudget = UNASKED_WEIGHTS): Promise<void> {
    const { compare, runner } = this.core;
    if (runner.isRunning(...ALONE)) {
      compare.setState({ error: BENCH_RUNS });
      return;
    }
    const request = { ...this.sides(), weightBudget };
    const before = compare.getState().job;
    if (before !== null) runner.cancel(before);
    let mine: number | null = null;
    const isNewest = (): boolean => compare.getState().job === mine;
    try {
      const result = await runner.run('compare', 'Comparing', (call, id) => {
        mine = id;
        compare.setState({ job: id, error: null });
        return this.ask(request, call);
      });
      const rows = changeRows(result);
      // Of tens of thousands of changes, making the lines and drawing them are two tasks.
      await new Promise((resolve) => setTimeout(resolve));
      if (isNewest()) this.take(result, rows);
    } catch (error) {
      if (isNewest()) compare.setState({ ...NO_RESULT, error: toErrorRecord(error) });
    } finally {
      if (isNewest()) compare.setState({ job: null });
    }
  }

  /** Pictures come one by one, and are prepared before they are shown. */
  private async ask(request: CompareRequest, call: CallOptions = {}): Promise<Comparison> {
    const { client, platform } = this.core;
    const told = await this.withSecond(call, () => client.call('compare', request, call));
    const pictureOf = async (which: 'a' | 'b'): Promise<Picture> => {
      const picture = await client.call('comparedPicture', { a: request.a, b: request.b, which }, call);
      await platform.prepare(picture);
      return picture;
    };
    return { ...told, pictures: { a: await pictureOf('a'), b: await pictureOf('b') } };
  }

  /** Asks for the one picture of both, where the mode draws one. */
  async drawUnion(): Promise<void> {
    const { compare, client } = this.core;
    const { result, mode } = compare.getState();
    if (!result || mode === 'split' || (mode === 'overlay' && result.sharedPlaces)) return;
    try {
      const union = await client.call('unionPicture', { a: result.a.side, b: result.b.side, kind: mode });
      if (compare.getState().result === result && compare.getState().mode === mode) compare.setState({ union });
    } catch (error) {
      compare.setState({ error: toErrorRecord(error) });
    }
  }

  /** The same comparison with other groups folded. */
  private async redraw(): Promise<void> {
    const { compare } = this.core;
    const { result } = compare.getState();
    if (!result) return;
    const request = { a: result.a.side, b: result.b.side, weightBudget: 0 };
    try {
      const { pictures, sharedPlaces } = await this.ask(request);
      if (compare.getState().result === result) compare.setState({ result: { ...result, pictures, sharedPlaces } });
    } catch (error) {
      compare.setState({ error: toErrorRecord(error) });
    }
  }

  private take(result: Comparison, rows: readonly ChangeRow[]): void {
    this.core.compare.setState({ ...NO_RESULT, result, rows });
    void this.drawUnion();
    this.core.notices.announce(rows.length === 0 ? 'Nothing differs.' : `${plural(rows.length, 'change')}.`);
  }

  /** The worker that has started again knows no second model: it is opened once more. */
  private async withSecond<T>(call: CallOptions, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'bad-request' || !this.secondFiles) throw error;
      await this.core.client.call('openSecond', { files: this.secondFiles }, call);
      return work();
    }
  }

  /** Compares what is chosen, unless that is on the page already. */
  private ensure(): void {
    const { compare, document, view } = this.core;
    const { result, stale, job } = compare.getState();
    const shown = view.getState().workspace === 'compare' && document.getState().document !== null;
    if (shown && (!result || stale) && job === null) void this.run();
  }

  /** Another revision, or another document, which no second model stands beside. */
  private adopted(): void {
    const { opened, document } = this.core.document.getState();
    const { a, b } = this.core.compare.getState();
    const last = (document?.stops.length ?? 1) - 1;
    const other = opened !== this.opened;
    const gone = (side: CompareSide | null): boolean => other || (typeof side === 'number' && side > last);
    this.opened = opened;
    if (other) this.secondFiles = null;
    this.choose({
      ...NO_RESULT,
      ...(other ? { second: null, secondError: null } : {}),
      ...(gone(a) ? { a: 0 } : {}),
      ...(gone(b) ? { b: null } : {}),
    });
  }
}
