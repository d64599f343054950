import { formatBytes } from '../../base/format.ts';
import type { Capabilities } from '../../runtime/types.ts';
import type { StepOutput } from '../../train/trainer.ts';

/**
 * Where a run was trained, and what went there and back, which is what a step waits for.
 *
 * @param webgpu null: it was not trained on WebGPU, and there is nothing to tell
 * @param resident whether weights and moments stayed there
 * @param crossed bytes of the last step
 */
export function deviceNotes(
  webgpu: Capabilities['webgpu'],
  resident: boolean,
  crossed: Pick<StepOutput, 'given' | 'taken'> | null,
): readonly string[] {
  if (!webgpu) return [];
  const software = webgpu.software ? ', which is software: its times say nothing about a graphics card' : '';
  const where = `Trained on WebGPU: ${webgpu.adapter}${software}.`;
  if (!crossed) return [where];
  const kept = resident ? 'Weights and moments stayed on the device' : 'Weights went there and gradients came back';
  return [
    where,
    `${kept}: the last step took ${formatBytes(crossed.given)} there and ${formatBytes(crossed.taken)} back.`,
  ];
}
