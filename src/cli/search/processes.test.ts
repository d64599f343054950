import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createJob, silentJob } from '../../base/job.ts';
import { ProcessEvaluator } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'whittle-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for the command line: answers with the number of samples, refuses 13, and ends at 99. */
const script = join(folder, 'stand-in.mjs');
writeFileSync(
  script,
  `if (process.argv[2] !== 'evaluate' || process.argv[4] !== '--serve') process.exit(3);
process.on('message', ({ id, work: { samples } }) => {
  if (samples === 99) process.exit(7);
  if (samples === 13) process.send({ id, error: { code: 'runtime', message: 'Conv refuses.', data: {} } });
  else if (samples !== 50) process.send({ id, metrics: { bytes: samples } });
});
process.on('disconnect', () => process.exit(0));
`,
);

const begun: ProcessEvaluator[] = [];
afterEach(() => {
  for (const each of begun.splice(0)) each.end();
});
function evaluator(command = script): ProcessEvaluator {
  const made = new ProcessEvaluator(command, folder, 'Worker 1');
  begun.push(made);
  return made;
}
const work = (samples: number) => ({ steps: [], samples });

describe('a process that judges', () => {
  it('answers what it is asked, several things at once', async () => {
    const one = evaluator();
    const answers = await Promise.all([1, 2, 3].map((samples) => one.evaluate(work(samples), silentJob())));
    expect(answers.map(({ bytes }) => bytes)).toEqual([1, 2, 3]);
  });

  it('hands on why a sub-network cannot be judged', async () => {
    await expect(evaluator().evaluate(work(13), silentJob())).rejects.toMatchObject({
      code: 'runtime',
      message: 'Conv refuses.',
    });
  });

  it('that ends by itself fails what it was asked, and all that it is asked later', async () => {
    const one = evaluator();
    const lost = { code: 'worker-died', message: expect.stringContaining('Worker 1 ended by itself (7)') as string };
    await expect(one.evaluate(work(99), silentJob())).rejects.toMatchObject(lost);
    await expect(one.evaluate(work(1), silentJob())).rejects.toMatchObject(lost);
  });

  it('does not hold up a search that is cancelled', async () => {
    const controller = new AbortController();
    const asked = evaluator().evaluate(
      work(50),
      createJob(controller.signal, () => {}),
    );
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('that cannot be started says so', async () => {
    await expect(evaluator(join(folder, 'none.mjs')).evaluate(work(1), silentJob())).rejects.toMatchObject({
      code: 'worker-died',
    });
  });
});
