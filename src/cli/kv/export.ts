import { formatBytes } from '../../base/format.ts';
import type { Job } from '../../base/job.ts';
import { exportLoop } from '../../engine/kv/export-loop.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { ExitCode } from '../command.ts';
import type { Output } from '../output.ts';
import { openStudio } from '../studio.ts';
import { writeFile } from '../write-file.ts';

/** A decoder with a loop that drives it, ready for a page and for Node. */
export async function runExport(args: Arguments, output: Output, job: Job): Promise<ExitCode> {
  const out = args.text('out');
  if (out === null) throw new UsageError('-o is missing.');
  const { studio } = await openStudio(args.positionals[1] ?? '', job);
  const bytes = exportLoop(studio.stopOf(studio.document().cursor).model);
  writeFile(out, bytes);
  output.result({ out, bytes: bytes.byteLength }, [
    `Written to ${out} (${formatBytes(bytes.byteLength)}): model.onnx, decode.mjs, decoder.json, index.html`,
  ]);
  return 0;
}
