// What rounds are worth, and batch norms that are re-estimated: accuracy on MNIST, KL and cosine to the original elsewhere.
import { face, mnist, vit } from './prune-subjects.mjs';

const percent = (share) => `${(100 * share).toFixed(1)} %`;

async function mnistRounds(whittle, say) {
  const { studio, judgement } = await mnist(whittle);
  const start = studio.document().cursor;
  const rows = [];
  for (const ratio of [0.5, 0.75]) {
    for (const repair of ['none', 'least-squares']) {
      const row = { model: 'MNIST CNN', ratio, repair };
      for (const rounds of [1, 2, 4, 8]) {
        const options = { ratio, repair, importance: 'l2' };
        await studio.applySchedule({ options, rounds, reestimate: false }, whittle.job);
        row[rounds] = (await studio.judge(judgement, whittle.job)).accuracy.after;
        studio.moveTo(start);
      }
      rows.push(row);
      const told = [1, 2, 4, 8].map((rounds) => `${rounds}: ${percent(row[rounds])}`).join(', ');
      say(`rounds  MNIST CNN, ${ratio} cut by L2, ${repair}: accuracy after rounds ${told}`);
    }
  }
  return rows;
}

/** Pruned, with batch norms as they were, moved against the original, and those of the data alone. */
async function norms(whittle, say, model, { studio, judgement }) {
  const start = studio.document().cursor;
  const rows = [];
  const judged = async () => (await studio.judge(judgement, whittle.job)).outputs[0];
  for (const ratio of [0.1, 0.25]) {
    for (const repair of ['none', 'mean', 'least-squares']) {
      await studio.apply({ pass: 'prune-channels', options: { ratio, repair }, off: [] }, whittle.job);
      const cut = studio.document().cursor;
      const row = { model, ratio, repair, as: await judged() };
      for (const basis of ['original', 'data']) {
        await studio.apply({ pass: 'reestimate-batch-norm', options: { basis }, off: [] }, whittle.job);
        row[basis] = await judged();
        studio.moveTo(cut);
      }
      studio.moveTo(start);
      rows.push(row);
      const told = ({ kl, cosine, agreement }) =>
        `KL ${kl.toFixed(4)}, cosine ${cosine.toFixed(4)}, same top ${percent(agreement)}`;
      say(
        `norms   ${model}, ${ratio} cut, ${repair}: as they were ${told(row.as)}; moved ${told(row.original)}; data alone ${told(row.data)}`,
      );
    }
  }
  return rows;
}

export const benchRounds = async (whittle, say) => [
  ...(await mnistRounds(whittle, say)),
  ...(await norms(whittle, say, 'RFB-320', await face(whittle))),
  ...(await norms(whittle, say, 'ViT CIFAR-10', await vit(whittle))),
];
