import { fork, type ChildProcess } from 'node:child_process';
import { CodedError, fromErrorRecord, toErrorRecord, type ErrorRecord } from '../../base/error.ts';
import type { Job } from '../../base/job.ts';
import type { Evaluator, Work } from '../../search/evaluate.ts';
import type { Metrics } from '../../search/types.ts';

/** Between the process of a search and those that judge for it. */
interface Asked {
  readonly id: number;
  readonly work: Work;
}
type Answered =
  | { readonly id: number; readonly metrics: Metrics }
  | { readonly id: number; readonly error: ErrorRecord };

interface Waiting {
  readonly resolve: (metrics: Metrics) => void;
  readonly reject: (error: unknown) => void;
}

/** Judges in a process of its own: `whittle evaluate DIR --serve`, asked and answered over its channel. */
export class ProcessEvaluator implements Evaluator {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private ended: CodedError | null = null;

  /** @param command what runs the command line: a script of Node */
  constructor(command: string, folder: string, name: string) {
    this.name = name;
    this.child = fork(command, ['evaluate', folder, '--serve'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.child.on('message', (answer: Answered) => {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ('metrics' in answer) waiting?.resolve(answer.metrics);
      else waiting?.reject(fromErrorRecord(answer.error));
    });
    this.child.on('exit', (code) => this.fail(`${name} ended by itself (${code ?? 'killed'}).`));
    this.child.on('error', (error) => this.fail(`${name} could not be started: ${error.message}.`));
  }

  evaluate(work: Work, job: Job): Promise<Metrics> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      const id = this.next++;
      const cancel = (): void => reject(new CodedError('cancelled', 'The job was cancelled.'));
      job.signal.addEventListener('abort', cancel, { once: true });
      const settled =
        <T>(of: (value: T) => void) =>
        (value: T): void => {
          job.signal.removeEventListener('abort', cancel);
          of(value);
        };
      this.waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      this.child.send({ id, work } satisfies Asked);
    });
  }

  end(): void {
    this.ended ??= new CodedError('cancelled', 'The search is over.');
    this.child.kill();
  }

  private fail(what: string): void {
    this.ended ??= new CodedError(
      'worker-died',
      `${what} What was found is kept: run the same command again, with fewer workers if memory ran out.`,
    );
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

/** Answers what the process that started this one asks, until it goes. */
export async function serveEvaluations(evaluator: Evaluator, job: Job): Promise<void> {
  const answer = async ({ id, work }: Asked): Promise<void> => {
    const told = await evaluator.evaluate(work, job).then(
      (metrics): Answered => ({ id, metrics }),
      (error: unknown): Answered => ({ id, error: toErrorRecord(error) }),
    );
    process.send?.(told);
  };
  await new Promise<void>((resolve) => {
    let last = Promise.resolve();
    process.on('message', (asked: Asked) => (last = last.then(() => answer(asked))));
    process.once('disconnect', () => resolve());
  });
}
