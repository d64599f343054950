import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tensor } from '../ir/tensor.ts';
import { writeFiles, writeModel } from '../onnx/write.ts';
import { buildSample } from '../samples/catalogue.ts';
import { buildModel } from '../testing/build.ts';
import { shellIn } from '../testing/command-line.ts';

const SLOW = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'whittle-process-'));
const at = (name: string): string => join(folder, name);
const shell = shellIn(folder);

beforeAll(() => {
  writeFileSync(at('m.onnx'), writeModel(buildSample('digit-cnn')));
  writeFileSync(at('broken.onnx'), 'no model');
  // The first call bundles the command line.
  expect(shell.run('whittle --help').status).toBe(0);
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the command line as a process', () => {
  it('outlives a reader that has read enough, and keeps its verdict', { timeout: SLOW }, () => {
    const read = shell.run('set -o pipefail; whittle passes --json | head -c 20; echo " $?"');
    expect([read.stdout, read.stderr]).toEqual([expect.stringMatching(/^\[\{"id".* 0\n$/), '']);
    const bad = shell.run('set -o pipefail; whittle inspect "*.onnx" | true; echo $?');
    expect([bad.stdout, bad.stderr]).toEqual(['1\n', '']);
  });

  it('is plain text without colours or progress where nobody looks on', { timeout: SLOW }, () => {
    const { stdout, stderr } = shell.run('whittle inspect "*.onnx"');
    expect(stdout).toContain('2 models, 1 failed.');
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
    const coloured = shell.run('FORCE_COLOR=1 whittle inspect "*.onnx"').stdout;
    expect(coloured).toContain('\u001b[31mfailed');
  });

  it('check fails a pipeline, and says why', { timeout: SLOW }, () => {
    const text = 'whittle check m.onnx --recipe clean --max-size 10kB --json > check.json && echo deployed';
    const { status, stdout } = shell.run(text);
    expect([status, stdout]).toEqual([1, '']);
    const { ok, failures } = JSON.parse(readFileSync(at('check.json'), 'utf8')) as { ok: boolean; failures: string[] };
    expect([ok, failures]).toEqual([false, [expect.stringContaining('beyond --max-size')]]);
  });

  it('ends quietly at Ctrl+C, and leaves nothing half written', { timeout: SLOW }, async () => {
    const argv = ['bench', 'm.onnx', '--runs', '10000', '--budget', '600', '--progress'];
    const child = shell.start(...argv);
    let [told, interrupted] = ['', false];
    child.stderr.on('data', (data: Buffer) => {
      told += data.toString();
      if (!interrupted) child.kill('SIGINT');
      interrupted = true;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(told).not.toMatch(/Error|\n\s+at /);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('writes to a device, and through a link, without replacing either', { timeout: SLOW }, () => {
    const { status, stderr } = shell.run(
      'touch real.onnx; ln -s real.onnx link.onnx; whittle optimize m.onnx --recipe clean -o link.onnx && whittle optimize m.onnx --recipe clean -o /dev/null && test -L link.onnx && test -c /dev/null && whittle inspect real.onnx',
    );
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('memory', () => {
  it('cleaning 128 MB of external data holds at most 1.5 weights and 300 MB', { timeout: SLOW }, () => {
    const [side, layers] = [1024, 32];
    const bytes = (layer: number): Uint8Array => new Uint8Array(4 * side * side).fill(layer % (layers - 1));
    const model = buildModel({}, (g) => {
      let value = g.input('x', [1, side]);
      for (let layer = 0; layer < layers; layer++) {
        const tensor = new Tensor('float32', [side, side], { kind: 'derived', bytes: () => bytes(layer) });
        value = g.op('Identity', [g.op('MatMul', [value, g.tensor(`w${layer}`, tensor)])]);
      }
      g.output(value, 'y', { shape: [1, side] });
    });
    const files = writeFiles(model, { externalData: { location: 'large.data', threshold: 1024 } });
    writeFileSync(at('large.onnx'), files.model);
    for (const chunk of files.external!.chunks()) writeFileSync(at('large.data'), chunk, { flag: 'a' });
    const told = 'process.on("exit", () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`));';
    writeFileSync(at('peak.mjs'), told);
    // On Linux the peak of whoever starts a process counts as its own: bash stands between.
    const { status, stderr } = shell.run(
      'NODE_OPTIONS="--import ./peak.mjs" whittle optimize large.onnx --recipe clean -o clean.onnx; exit $?',
    );
    expect(status, stderr).toBe(0);
    const kilobytes = Number(/peak (\d+)/.exec(stderr)?.[1]);
    expect(kilobytes).toBeGreaterThan(30_000);
    expect(kilobytes * 1024).toBeLessThan(1.5 * 4 * side * side + 300e6);
    // Of the 32 weights two are equal.
    expect(statSync(at('clean.onnx.data')).size).toBe(4 * side * side * (layers - 1));
    expect(statSync(at('clean.onnx')).size).toBeLessThan(20_000);
  });
});
