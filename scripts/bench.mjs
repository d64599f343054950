// What Whittle claims to be fast at, measured: `npm run bench`. Prints a table and, with --json, one JSON object.
//   page   from choosing the file to the first picture; long tasks of the page's thread; a step of the pruning slider
//   model  MobileNetV2 at half the channels against itself, both as the runtime loads them (`all`), WASM, one thread
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { canvasOf, withStudio } from './browser.mjs';
import { writeSample } from './sample.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const shared = join(root, '..', 'shared');
const folder = mkdtempSync(join(tmpdir(), 'whittle-bench-'));
const json = process.argv.includes('--json');
const ROUNDS = 5;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const say = (line) => (json ? process.stderr : process.stdout).write(`${line}\n`);

/** Real files where they lie beside the checkout, else the bundled sample. */
async function models() {
  const real = ['real/models/mobilenetv2/mobilenet_v2_fp32.onnx', 'real/models/face/version-RFB-320.onnx'];
  const scale = ['scale/easy-5000.onnx', 'scale/easy-20000.onnx'];
  const there = [...real, ...scale].map((path) => join(shared, path)).filter(existsSync);
  const sample = join(folder, 'mobilenet-v2.onnx');
  writeFileSync(sample, await writeSample('mobilenet-v2'));
  if (there.length === 0) say('The shared models are not here: only the bundled MobileNetV2 is measured.');
  return [sample, ...there];
}

/** One fresh page: ms from the choice of the file to the painted picture, and long tasks (over 50 ms) until it rests. */
async function openOnce(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longTasks.push({ start: entry.startTime, ms: entry.duration });
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await page.getByRole('button', { name: /Choose files/ }).waitFor();
  await page.evaluate(() => {
    document.querySelector('input[type=file]').addEventListener(
      'change',
      () => {
        globalThis.chosen = performance.now();
      },
      { capture: true },
    );
    const seen = new MutationObserver(() => {
      if (!document.querySelector('[role=application][aria-label^="Graph of"]')) return;
      seen.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => (globalThis.painted = performance.now())));
    });
    seen.observe(document.body, { childList: true, subtree: true });
  });
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.waitForFunction(() => globalThis.painted !== undefined);
  // The counts of all passes arrive after the picture; blocks while they do count as well.
  await page.waitForFunction(() => !/, sites are being looked for/.test(document.body.innerHTML));
  const result = await page.evaluate(() => ({
    ms: globalThis.painted - globalThis.chosen,
    longest: Math.max(
      0,
      ...globalThis.longTasks.filter((task) => task.start >= globalThis.chosen).map((task) => task.ms),
    ),
  }));
  await page.close();
  return result;
}

/** Script time of one slider step with the groups listed: key press to the end of the frame's work, ms. */
async function sliderSteps(browser, url, file) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.setInputFiles('input[type=file]', file);
  await canvasOf(page).waitFor();
  await page.getByRole('button', { name: /^Prune channels, \d+/ }).click();
  await page.getByRole('list', { name: 'Channel groups' }).waitFor();
  const slider = page.getByRole('slider', { name: /^Width of/ }).first();
  await slider.focus();
  const times = await page.evaluate(async () => {
    const target = document.activeElement;
    const steps = [];
    for (let i = 0; i < 60; i++) {
      const key = i % 20 < 10 ? 'ArrowLeft' : 'ArrowRight';
      const start = performance.now();
      target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
      if (target instanceof HTMLInputElement) {
        const value = Number(target.value) + (key === 'ArrowLeft' ? -1 : 1);
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(target, String(value));
        target.dispatchEvent(new Event('input', { bubbles: true }));
      }
      await new Promise((resolve) => requestAnimationFrame(() => resolve()));
      void document.body.offsetHeight;
      steps.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return steps;
  });
  await page.close();
  return times;
}

function whittle(...args) {
  const ran = spawnSync('node', [join(root, 'scripts', 'whittle.mjs'), ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
}

function halfTheChannels(file) {
  const out = join(folder, 'half.onnx');
  const { before, after } = whittle('prune', file, '--ratio', '0.5', '-o', out);
  const { a, b, ratio, interval } = whittle('bench', file, out, '--runs', '60', '--threads', '1');
  return {
    before: { macs: before.macs, bytes: before.bytes },
    after: { macs: after.macs, bytes: after.bytes },
    a: a.median,
    b: b.median,
    ratio,
    interval,
  };
}

await build({ logLevel: 'error' });
const files = await models();
const results = { opening: [], slider: null, half: null };
await withStudio(async (browser, url) => {
  for (const file of files) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await openOnce(browser, url, file));
    const row = {
      model: basename(file),
      ms: median(rounds.map((each) => each.ms)),
      longest: median(rounds.map((each) => each.longest)),
    };
    results.opening.push(row);
    say(
      `open  ${row.model.padEnd(28)} first picture ${row.ms.toFixed(0).padStart(5)} ms, longest task ${row.longest.toFixed(0).padStart(4)} ms (medians of ${ROUNDS})`,
    );
  }
  const steps = (await sliderSteps(browser, url, files[1] ?? files[0])).slice(10).sort((a, b) => a - b);
  results.slider = { median: median(steps), p95: steps[Math.floor(steps.length * 0.95)] };
  say(`slider  one step: median ${results.slider.median.toFixed(1)} ms, p95 ${results.slider.p95.toFixed(1)} ms`);
});
results.half = halfTheChannels(files[1] ?? files[0]);
const { half } = results;
say(
  `half the channels of ${basename(files[1] ?? files[0])}: ${half.a.toFixed(1)} → ${half.b.toFixed(1)} ms, ${half.ratio.toFixed(2)}× (${half.interval.map((each) => each.toFixed(2)).join(' to ')}), WASM, one thread, both at all`,
);
if (json) process.stdout.write(`${JSON.stringify(results)}\n`);
