// Architecture search on real models and data: evolution against random search at equal evaluations, and against cutting
// every group by the same share; five seeds. How well quality is foretold for sub-networks that were never seen, and how
// near the table's latency comes to what the front takes when it is timed whole.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keptSupernet } from './bench-supernet.mjs';
import { withSource } from './source.mjs';

const real = fileURLToPath(new URL('../../shared/real', import.meta.url));
const SEEDS = [0, 1, 2, 3, 4];
/** Sub-networks that nothing was learnt from. */
const HELD_OUT = 40;
/** Shares of every group that a person might try. */
const UNIFORM = [0, 0.2, 0.4, 0.6, 0.8, 1];

const SUBJECTS = [
  {
    name: 'MNIST CNN',
    model: `${real}/models/mnist-cnn/mnist.onnx`,
    data: `${real}/data/mnist/t1500a-images-idx3-ubyte.gz`,
    labels: `${real}/data/mnist/t1500a-labels-idx1-ubyte.gz`,
    evaluations: 40,
    // Two groups of channels: only fine steps make a space of them.
    request: { space: { shares: [0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1], roundTo: 1 }, population: 16 },
  },
  {
    name: 'Edge CNN (supernet)',
    model: 'sample:edge-cnn',
    data: 'digits',
    labels: null,
    evaluations: 100,
    request: {},
  },
  {
    name: 'Edge CNN on MNIST (supernet)',
    model: keptSupernet(),
    data: `${real}/data/mnist/t1500a-images-idx3-ubyte.gz`,
    labels: `${real}/data/mnist/t1500a-labels-idx1-ubyte.gz`,
    evaluations: 60,
    // Its sub-networks are within a few digits of each other: only many tell them apart.
    request: { samples: 1500 },
  },
  {
    name: 'MobileNetV2',
    model: `${real}/models/mobilenetv2/mobilenet_v2_fp32.onnx`,
    data: `${real}/data/imagenet_samples`,
    labels: null,
    evaluations: 60,
    request: { samples: 50 },
  },
];

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const told = (values) => {
  const centre = mean(values);
  const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  return `${centre.toFixed(4)} ± ${spread.toFixed(4)} (${Math.min(...values).toFixed(4)} to ${Math.max(...values).toFixed(4)})`;
};

async function opened(load, subject) {
  const { openSearch } = await load('/src/cli/search/evaluator.ts');
  const { SEARCH } = await load('/src/search/defaults.ts');
  const { silentJob } = await load('/src/base/job.ts');
  const { space = {}, ...rest } = subject.request;
  const request = { ...SEARCH, ...rest, space: { ...SEARCH.space, ...space }, evaluations: subject.evaluations };
  const { model, data: path, labels } = subject;
  const data = { path, labels, tokenizer: null, changes: {} };
  const job = silentJob();
  const file = { whittleSearch: 1, model, recipe: null, data, request };
  return { open: await openSearch(file, job), request, job };
}

async function measured(load, subject, say) {
  const { assemble } = await load('/src/search/assemble.ts');
  const { runSearch } = await load('/src/search/runner.ts');
  const { MemoryFindings } = await load('/src/search/store.ts');
  const { TrainControl } = await load('/src/engine/train/control.ts');
  const { deviceOf, emptyTable, loadTable } = await load('/src/engine/latency-table/table.ts');
  const { Findings } = await load('/src/search/findings.ts');
  const { stepsOf } = await load('/src/search/subnet.ts');
  const { uniform, whole, nearerGenome } = await load('/src/search/genome.ts');
  const { canonical } = await load('/src/search/space.ts');
  const { shareOfBox, valueOf } = await load('/src/search/objectives.ts');
  const { learnPredictor } = await load('/src/search/predictor.ts');
  const { rankCorrelation } = await load('/src/search/rank.ts');
  const { seeded } = await load('/src/base/random.ts');
  const { open, request, job } = await opened(load, subject);
  const { parts, judge, studio } = open;
  const store = new MemoryFindings();
  let table = emptyTable(deviceOf(await studio.capabilities(), 'wasm', 1));
  const begin = (over) =>
    assemble(
      { ...parts, request: { ...request, ...over } },
      judge,
      { table, store, control: new TrainControl(), keepTable: (grown) => (table = grown) },
      job,
    );

  // Cutting everything by the same share, the widths alone and all genes together.
  const searched = await begin({});
  const { genes, space, repair, samples } = searched;
  const findings = new Findings({ ...searched, ended: () => false });
  const full = whole(genes);
  const searchable = (i) => genes[i].searched;
  const scaled = (share, kinds) =>
    uniform(genes, share).map((choice, i) => (searchable(i) && kinds.includes(genes[i].kind) ? choice : full[i]));
  const lists = {
    'uniform widths': UNIFORM.map((share) => scaled(share, ['width', 'heads'])),
    'uniform, all genes': UNIFORM.map((share) => scaled(share, ['width', 'heads', 'depth', 'kernel', 'resolution'])),
  };
  const point = async (genome) => {
    const steps = stepsOf(space, canonical(space, genome), repair);
    const latency = (await findings.latencies([steps], job))[0];
    const [found] = await findings.metrics([steps], samples, job);
    return { metrics: found.metrics, latency };
  };
  await findings.anchor(
    [full, ...[0.5, 0].map((share) => scaled(share, ['width', 'heads', 'depth', 'kernel', 'resolution']))].map(
      (genome) => stepsOf(space, canonical(space, genome), 'none'),
    ),
    job,
  );
  const original = await point(full);
  const quality = request.quality ?? (original.metrics.quality.accuracy === null ? 'information' : 'accuracy');
  const scored = (each) => ({
    values: [valueOf('latency', each, quality), valueOf('quality', each, quality)],
    broken: 0,
  });
  const worst = scored(original).values;
  const uniformly = {};
  for (const [name, list] of Object.entries(lists)) {
    const points = [];
    for (const genome of list) points.push(scored(await point(genome)));
    uniformly[name] = shareOfBox(points, request.objectives, worst);
  }

  const rows = { evolution: [], random: [] };
  let last = null;
  for (const seed of SEEDS) {
    for (const strategy of ['evolution', 'random']) {
      const start = performance.now();
      const verified = strategy === 'evolution' && seed === SEEDS.at(-1) ? 12 : 0;
      const result = await runSearch(await begin({ seed, strategy, quality, verified }), job);
      table = loadTable(result.table);
      rows[strategy].push(result.hypervolume);
      const seconds = (performance.now() - start) / 1000;
      say(
        `search  ${subject.name}, ${strategy}, seed ${seed}: hypervolume ${result.hypervolume.toFixed(4)}, ${result.points.length} judged in ${seconds.toFixed(0)} s${result.foretold ? `, foretold before judging with rank correlation ${result.foretold.rank.toFixed(2)}` : ''}`,
      );
      if (strategy === 'evolution') last = result;
    }
  }

  // Sub-networks that no search has seen, drawn otherwise.
  const random = seeded(4242);
  const active = genes.map(({ searched: is, choices, ...rest }) => ({
    ...rest,
    choices: is ? choices : choices.slice(-1),
  }));
  const seen = new Set(last.points.map(({ genome }) => genome.join()));
  const held = [];
  for (let tries = 0; held.length < HELD_OUT && tries < 40 * HELD_OUT; tries++) {
    const drawn = nearerGenome(active, random).map((choice, i) => (searchable(i) ? choice : full[i]));
    const genome = canonical(space, drawn);
    if (seen.has(genome.join())) continue;
    seen.add(genome.join());
    held.push({ genome, value: valueOf('quality', await point(genome), quality) });
  }
  const logit = (value) => Math.log((value + 0.01) / (1.01 - Math.min(1, value)));
  const learnt = last.points.map((each) => ({ genome: each.genome, value: logit(valueOf('quality', each, quality)) }));
  const predictor = learnPredictor(genes, learnt);
  const rank = rankCorrelation(
    held.map(({ genome }) => predictor.predict(genome).value),
    held.map(({ value }) => value),
  );
  const dominated = rows.evolution.filter((value, i) => value > rows.random[i]).length;
  say(
    `search  ${subject.name}: ${genes.filter(({ searched: is }) => is).length} genes, by ${quality} of ${samples} samples, ${subject.evaluations} evaluations`,
  );
  say(`search    evolution ${told(rows.evolution)}`);
  say(`search    random    ${told(rows.random)}; evolution is ahead for ${dominated} of ${SEEDS.length} seeds`);
  for (const [name, value] of Object.entries(uniformly)) say(`search    ${name} ${value.toFixed(4)}`);
  say(`search    quality of ${held.length} sub-networks never seen: rank correlation ${rank.toFixed(3)}`);
  if (last.latencyError !== null) {
    const apart = last.points
      .filter(({ measured: is }) => is !== null)
      .map(({ latency, measured: is }) => `${latency.toFixed(3)}/${is.toFixed(3)}`);
    say(
      `search    latency foretold against timed: ${(100 * last.latencyError).toFixed(1)} % (median); ms ${apart.join(' ')}`,
    );
  }
  return { name: subject.name, ...rows, uniformly, rank, latencyError: last.latencyError };
}

/** `names`: of the subjects, parts of their names; all where none is given. */
export async function benchSearch(names, say) {
  const found = [];
  for (const subject of SUBJECTS) {
    if (names.length > 0 && !names.some((name) => subject.name.toLowerCase().includes(name))) continue;
    if (subject.model === null) {
      say(
        `search  SKIPPED ${subject.name}: WHITTLE_BENCH_FILES names no folder that \`npm run bench -- supernet\` left`,
      );
      continue;
    }
    if (!subject.model.startsWith('sample:') && !existsSync(subject.model)) {
      say(`search  SKIPPED ${subject.name}: ${subject.model} is not here`);
      continue;
    }
    found.push(await withSource((load) => measured(load, subject, say)));
  }
  return found;
}
