// What pruning costs in accuracy: ratio × importance × repair. MNIST CNN: calibrated on training images, accuracy on the
// 1 500 test images. MobileNetV2: 25 photos to calibrate, the other 25 to judge by: KL, cosine, the same top class. Then
// what rounds and re-estimated batch norms are worth.
import { existsSync } from 'node:fs';
import { benchRounds } from './bench-rounds.mjs';
import { mnist as mnistSubject, mobilenet as mobilenetSubject, real, withWhittle } from './prune-subjects.mjs';

const IMPORTANCES = ['l2', 'l1', 'fpgm', 'activation', 'apoz', 'wanda', 'taylor', 'random'];
const REPAIRS = ['none', 'mean', 'least-squares'];

async function pruned(whittle, studio, options, judgement) {
  const before = studio.document().cursor;
  await studio.apply({ pass: 'prune-channels', options, off: [] }, whittle.job);
  const result = await studio.judge(judgement, whittle.job);
  studio.moveTo(before);
  return result;
}

async function mnist(whittle, say) {
  const { studio, judgement } = await mnistSubject(whittle);
  const rows = [];
  for (const ratio of [0.25, 0.375, 0.5, 0.625, 0.75]) {
    for (const importance of IMPORTANCES) {
      const row = { model: 'MNIST CNN', ratio, importance };
      for (const repair of REPAIRS) {
        const seeds = importance === 'random' ? [1, 2, 3, 4, 5] : [0];
        let sum = 0;
        for (const seed of seeds) {
          const { accuracy } = await pruned(whittle, studio, { ratio, importance, repair, seed }, judgement);
          row.before = accuracy.before;
          sum += accuracy.after;
        }
        row[repair] = sum / seeds.length;
      }
      rows.push(row);
      say(
        `prune   MNIST CNN, ${ratio} cut by ${importance}: accuracy ${percent(row.before)} → ${REPAIRS.map((each) => `${each} ${percent(row[each])}`).join(', ')}`,
      );
    }
  }
  return rows;
}

async function mobilenet(whittle, say) {
  const { studio, judgement } = await mobilenetSubject(whittle);
  const rows = [];
  for (const ratio of [0.05, 0.1, 0.25]) {
    for (const importance of ['l2', 'wanda', 'taylor', 'random']) {
      for (const repair of ['none', 'least-squares']) {
        const { outputs } = await pruned(whittle, studio, { ratio, importance, repair, seed: 1 }, judgement);
        const [{ kl, cosine, agreement }] = outputs;
        rows.push({ model: 'MobileNetV2', ratio, importance, repair, kl, cosine, agreement });
        say(
          `prune   MobileNetV2, ${ratio} cut by ${importance}, ${repair}: KL ${kl.toFixed(3)}, cosine ${cosine.toFixed(3)}, the same top class on ${percent(agreement)}`,
        );
      }
    }
  }
  return rows;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

export async function benchPrune(say) {
  if (!existsSync(real)) return [];
  return withWhittle(async (whittle) => [
    ...(await mnist(whittle, say)),
    ...(await mobilenet(whittle, say)),
    ...(await benchRounds(whittle, say)),
  ]);
}
