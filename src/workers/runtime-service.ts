import type { Job } from '../base/job.ts';
import { CodedError } from '../base/error.ts';
import { localPort } from '../engine/local-port.ts';
import type { HeldModel } from '../engine/ports.ts';
import type { Decoder } from '../generate/decoder.ts';
import type { Trainer } from '../train/trainer.ts';
import type { RuntimeApi } from '../protocol/api.ts';
import type { JoinMessage } from '../protocol/host.ts';
import { buffersOf, serve, Transferred, type Handlers } from '../protocol/server.ts';
import type { Runtimes } from '../verify/verify.ts';

/** Calls one after the other: nothing may run beside a benchmark, and models would crowd each other's memory. */
type Queue = <T>(work: () => Promise<T>) => Promise<T>;
function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}

/** What stays loaded between calls, by number. */
class Held<T extends { release(): Promise<void> }> {
  private readonly all = new Map<number, T>();
  private last = 0;

  add(each: T): number {
    this.all.set(++this.last, each);
    return this.last;
  }
  get(id: number): T {
    const found = this.all.get(id);
    if (!found) throw new CodedError('bad-request', 'This model is not loaded any more. Start again.');
    return found;
  }
  async release(id: number): Promise<null> {
    const found = this.get(id);
    this.all.delete(id);
    await found.release();
    return null;
  }
}

/**
 * What a runtime worker answers with: the port of the command line, one call after the other. It keeps no model between
 * calls but what is held: bytes arrive transferred, sessions are released.
 */
export function runtimeHandlers(runtimes: Runtimes): Handlers<RuntimeApi> {
  const inTurn = createQueue();
  const port = localPort(runtimes);
  const models = new Held<HeldModel>();
  const trainers = new Held<Trainer>();
  const decoders = new Held<Decoder>();
  /** A call that was cancelled while it waited does not begin. */
  const queued = <T>(job: Job, work: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      await job.checkpoint();
      return work();
    });
  return {
    capabilities: () => port.capabilities(),
    evaluate: ({ model, feeds }, job) =>
      queued(job, async () => {
        const outputs = await port.evaluate(model, feeds, job);
        return new Transferred(outputs, buffersOf(outputs));
      }),
    runs: ({ model, inputs }, job) =>
      queued(job, async () => {
        const results = await port.runs(model, inputs, job);
        return new Transferred(
          results,
          results.flatMap((each) => buffersOf(each)),
        );
      }),
    hold: ({ model, settings }, job) =>
      queued(job, async () => {
        return models.add(await port.hold(model, settings, job));
      }),
    runHeld: ({ held, inputs }, job) =>
      queued(job, async () => {
        const results = await models.get(held).run(inputs, job);
        return new Transferred(
          results,
          results.flatMap((each) => buffersOf(each)),
        );
      }),
    releaseHeld: ({ held }, job) => queued(job, () => models.release(held)),
    train: ({ step, setup, settings }, job) =>
      queued(job, async () => trainers.add(await port.train(step, setup, settings, job))),
    trainSteps: ({ held, inputs }, job) => queued(job, () => trainers.get(held).steps(inputs, job)),
    trainWeights: ({ held }, job) => queued(job, () => trainers.get(held).weights()),
    trainState: ({ held }, job) => queued(job, () => trainers.get(held).state()),
    trainRestore: ({ held, state }, job) =>
      queued(job, async () => {
        await trainers.get(held).restore(state);
        return null;
      }),
    releaseTrainer: ({ held }, job) => queued(job, () => trainers.release(held)),
    decode: ({ model, setup, settings }, job) =>
      queued(job, async () => decoders.add(await port.decode(model, setup, settings, job))),
    decodeBegin: ({ held, prompt }, job) => queued(job, () => decoders.get(held).begin(prompt)),
    decodeStep: ({ held, ids, wanted }, job) =>
      queued(job, async () => {
        const result = await decoders.get(held).step(ids, wanted, job);
        return new Transferred(result, [result.logits.buffer]);
      }),
    releaseDecoder: ({ held }, job) => queued(job, () => decoders.release(held)),
    verify: ({ a, b, request }, job) => queued(job, () => port.verify(a, b, request, job)),
    values: ({ a, b, request }, job) => queued(job, () => port.values(a, b, request, job)),
    bench: ({ a, b, request }, job) => queued(job, () => port.bench(a, b, request, job)),
    optimizers: ({ model, request }, job) => queued(job, () => port.optimizers(model, request, job)),
    kernels: ({ model, request }, job) => queued(job, () => port.kernels(model, request, job)),
    profile: ({ model, request }, job) => queued(job, () => port.profile(model, request, job)),
  };
}

/** A worker's global scope, or what stands for it in tests. */
interface Scope {
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** Serves every port that the page hands over; all share the runtimes and one queue. */
export function serveRuntime(scope: Scope, runtimes: Runtimes): void {
  const handlers = runtimeHandlers(runtimes);
  scope.addEventListener('message', (event) => {
    const message = event.data as JoinMessage;
    if (message.kind === 'join') serve<RuntimeApi>(message.port, handlers);
  });
}
