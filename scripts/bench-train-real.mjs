// What training does on real data: recovery after pruning without labels, students taught three ways, movement against
// magnitude pruning. Each figure is of 1 500 test images that neither train nor choose.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { commandOf } from './command.mjs';
import { withSource } from './source.mjs';

const SEEDS = [1, 2, 3];
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const mean = (values) => values.reduce((sum, each) => sum + each, 0) / values.length;
const told = (values) =>
  `${percent(mean(values))} (${percent(Math.min(...values))} to ${percent(Math.max(...values))})`;

/** `parts`: recover, students, movement. */
export async function benchTrainReal(shared, parts, say) {
  return withSource(async (load) => {
    const whittle = await commandOf(load);
    const folder = mkdtempSync(join(tmpdir(), 'whittle-train-'));
    const at = (name) => join(folder, name);
    const data = join(shared, 'real/data/mnist');
    const cnn = join(shared, 'real/models/mnist-cnn/mnist.onnx');
    const dense = join(shared, 'real/models/mnist-fc/mnist-net_256x4.onnx');
    const images = ['--data', `${data}/train-images-idx3-ubyte.gz`];
    const labels = ['--labels', `${data}/train-labels-idx1-ubyte.gz`];
    const test = [
      '--test-data',
      `${data}/t1500a-images-idx3-ubyte.gz`,
      '--test-labels',
      `${data}/t1500a-labels-idx1-ubyte.gz`,
    ];

    const rows = [];
    const row = (name, values) => {
      rows.push({ name, values });
      say(`train-real  ${name}: ${told(values)}`);
    };
    const wanted = (part) => parts.includes(part);

    if (wanted('recover')) {
      for (const [name, model, ratio, more] of [
        ['MNIST CNN at half its channels', cnn, '0.5', ['--set', 'scale=1', '--lr', '0.004']],
        ['MNIST dense network at a quarter of its neurons', dense, '0.75', ['--lr', '0.002']],
      ]) {
        await whittle('prune', model, '--ratio', ratio, '-o', at('cut.onnx'));
        const found = await whittle(
          ...['recover', at('cut.onnx'), '--teacher', model, ...images, ...test, ...more],
          ...[
            '--steps',
            '4000',
            '--batch',
            '64',
            '--evaluate-every',
            '500',
            '--average',
            '0.998',
            '--weight-decay',
            '0',
          ],
          ...['-o', at('recovered.onnx')],
        );
        say(
          `train-real  ${name}: cut ${percent(found.before.top1)}, recovered ${percent(found.metrics.top1)}, original ${percent(found.test.teacher.top1)}`,
        );
        rows.push({ name, values: [found.before.top1, found.metrics.top1, found.test.teacher.top1] });
      }
    }

    if (wanted('students')) {
      await whittle('prune', dense, '--ratio', '0.8', '-o', at('thin.onnx'));
      const common = [
        ...images,
        ...test,
        '--from-scratch',
        '--steps',
        '2000',
        '--batch',
        '64',
        '--lr',
        '0.002',
        '--evaluate-every',
        '500',
        '-o',
        at('student.onnx'),
      ];
      const ways = {
        'labels alone': ['train', at('thin.onnx'), ...labels],
        logits: ['distill', at('thin.onnx'), '--teacher', dense],
        features: [
          'distill',
          at('thin.onnx'),
          '--teacher',
          dense,
          '--logit-factor',
          '1',
          ...(await hints(load, at('thin.onnx'), dense)),
        ],
      };
      for (const [name, argv] of Object.entries(ways)) {
        const found = [];
        for (const seed of SEEDS) found.push((await whittle(...argv, ...common, '--seed', String(seed))).metrics.top1);
        row(`student of a tenth, ${name}`, found);
      }
    }

    if (wanted('movement')) {
      // Weights of digits that stand upright, fine-tuned to digits that lie: what matters to the new task is not what is
      // large from the old one (Sanh et al. 2020 prune while they fine-tune from another task).
      const lying = (name) => {
        const path = at(name);
        writeFileSync(path, turned(gunzipSync(readFileSync(join(data, `${name}.gz`)))));
        return path;
      };
      const given = [
        ...['--data', lying('train-images-idx3-ubyte'), ...labels],
        ...['--test-data', lying('t1500a-images-idx3-ubyte'), ...test.slice(2)],
        ...['--steps', '600', '--batch', '32', '--lr', '0.003', '--evaluate-every', '600', '-o', at('sparse.onnx')],
      ];
      const told = async (name, more) => {
        const found = [];
        for (const seed of SEEDS)
          found.push((await whittle('train', dense, ...given, ...more, '--seed', String(seed))).metrics.top1);
        row(`MNIST dense network, then lying digits, ${name}`, found);
      };
      await told('dense', []);
      for (const sparsity of ['0.9', '0.95', '0.97']) {
        for (const by of ['magnitude', 'movement'])
          await told(`${percent(Number(sparsity))} zero by ${by}`, ['--sparsity', sparsity, '--sparsity-by', by]);
      }
    }
    return rows;
  });
}

/** Images of an idx file, each turned by a quarter. */
function turned(idx) {
  const [count, height, width] = [4, 8, 12].map((at) => idx.readUInt32BE(at));
  const out = Buffer.from(idx);
  for (let image = 0, at = 16; image < count; image++, at += height * width)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) out[at + x * height + (height - 1 - y)] = idx[at + y * width + x];
  return out;
}

/** The last hidden values of both, which are to be alike. */
async function hints(load, student, teacher) {
  const { openStudio } = await load('/src/cli/studio.ts');
  const { silentJob } = await load('/src/base/job.ts');
  const last = async (path) => {
    const { studio } = await openStudio(path, silentJob());
    const { view } = studio.picture();
    const row = view.nodeOps.lastIndexOf(view.opTypes.indexOf('Relu'));
    return studio.node(view.nodeIds[row]).outputs[0].name;
  };
  return ['--hint', `${await last(student)}=${await last(teacher)}`, '--hint-factor', '1'];
}
