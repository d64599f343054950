// Memory on a model of 1 GB whose weights lie beside it: the most that the whole process ever held.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeLargeModel } from './make-large-model.mjs';

const command = fileURLToPath(new URL('whittle.mjs', import.meta.url));
const MEASURED =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\npeak "+process.resourceUsage().maxRSS+"\\n"))';
const MB = 1e6;

/**
 * The peak of resident memory of one call, bytes. A shell stands between: on Linux the peak of whoever starts a process
 * counts as its own, and this one has just made weights.
 */
function peakOf(...args) {
  const call = ['sh', process.execPath, '--import', MEASURED, command, ...args];
  const { status, stderr } = spawnSync('sh', ['-c', '"$@"; exit $?', ...call], { encoding: 'utf8' });
  const kilobytes = Number(/^peak (\d+)$/m.exec(stderr)?.[1]);
  if (status !== 0 || !kilobytes) throw new Error(stderr);
  return kilobytes * 1024;
}

/** Weights of 16 MB, and of 256 MB. */
export async function benchLarge(folder, say) {
  const rows = [];
  for (const each of [16, 256]) {
    const [model, out] = [join(folder, `large-${each}.onnx`), join(folder, `clean-${each}.onnx`)];
    const { weight, all } = await makeLargeModel(model, 1024, each);
    const peak = peakOf('optimize', model, '--recipe', 'clean', '-o', out);
    const bound = 1.5 * weight + 300 * MB;
    say(
      `optimize --recipe clean, ${(all / 1e9).toFixed(2)} GB in weights of ${(weight / MB).toFixed(0)} MB: peak ${(peak / MB).toFixed(0)} MB, at most ${(bound / MB).toFixed(0)} MB: ${peak <= bound ? 'within' : 'BEYOND'}`,
    );
    rows.push({ weight, all, peak, bound });
    for (const path of [model, out]) for (const end of ['', '.data']) rmSync(`${path}${end}`, { force: true });
  }
  return rows;
}
