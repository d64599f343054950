import { createJob, type Job, type Progress } from '../base/job.ts';

/** A line that changes is written at most so often, lines of a log less often, ms. */
const [LINE_MS, LOG_MS] = [80, 1000];
const CLEAR = '\r\u001b[K';

/** stderr, as progress is written to it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Reporter {
  report(progress: Progress): void;
  /** Takes the line away before something else is written. */
  clear(): void;
}

const describe = ({ stage, done, total }: Progress): string =>
  done === undefined ? stage : `${stage} ${done}${total === undefined ? '' : `/${total}`}`;

/**
 * Progress on a terminal is one line that changes; elsewhere there is none, unless it is asked for: then lines, each
 * stage's first and at most one a second.
 */
export function createReporter(stream: ProgressStream, asked: boolean, now: () => number = Date.now): Reporter {
  const live = stream.isTTY === true;
  let [last, shown, stage] = [-Infinity, false, ''];
  return {
    report(progress) {
      if (!live && !asked) return;
      const isNew = progress.stage !== stage;
      const due = now() - last >= (live ? LINE_MS : LOG_MS);
      if (live ? !due : !isNew && !due) return;
      [last, stage] = [now(), progress.stage];
      const text = describe(progress);
      if (live) stream.write(`${CLEAR}${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}`);
      else stream.write(`${text}\n`);
      shown = live;
    },
    clear() {
      if (shown) stream.write(CLEAR);
      shown = false;
    },
  };
}

/** Signals that end a command, and how long it may take to see that, ms. */
const PATIENCE_MS = 3000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The job of a command. Ctrl+C cancels it: it ends at its next checkpoint. A second one, or three seconds in which it
 * comes to none, end the process; what is half written goes with it (`write-file.ts`).
 *
 * @returns what tells whether a signal came, as an exit code, and takes the handlers off
 */
export function signalledJob(reporter: Reporter): { readonly job: Job; code(): number | null; end(): void } {
  const controller = new AbortController();
  let code: number | null = null;
  const handlers = Object.entries(SIGNALS).map(([signal, exit]) => {
    const handler = (): void => {
      if (code !== null) process.exit(exit);
      code = exit;
      controller.abort();
      setTimeout(() => process.exit(exit), PATIENCE_MS).unref();
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return {
    job: createJob(controller.signal, (progress) => reporter.report(progress)),
    code: () => code,
    end: () => handlers.forEach(([signal, handler]) => process.off(signal, handler)),
  };
}
