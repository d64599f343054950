import type { KernelTime } from '../../bench/types.ts';

/** Kernels before and after one that are looked at. */
const REACH = 6;

const textOf = (shape: readonly number[] | undefined): string | null => shape?.join() ?? null;

/**
 * For each kernel that moves data, the kernel that it does it for; null: it is none, or that cannot be told. Shapes
 * tell: it brings a result back into the shape that the file gives it, or makes what a later kernel reads.
 *
 * @param isMover by kernel
 * @param shapeInFile of the first output of a kernel's node, `1,32,112,112`; null: unknown
 */
export function served(
  kernels: readonly KernelTime[],
  isMover: readonly boolean[],
  shapeInFile: (place: number) => string | null,
): (number | null)[] {
  const targets = kernels.map((kernel, place) => (isMover[place] ? targetOf(kernel, place) : null));
  return targets.map((_, place) => follow(targets, isMover, place));

  function targetOf(kernel: KernelTime, place: number): number | null {
    const [from, to] = [textOf(kernel.inputs[0]?.shape), textOf(kernel.outputs[0]?.shape)];
    const gives = (at: number): boolean => kernels[at]?.outputs.some(({ shape }) => textOf(shape) === from) ?? false;
    const takes = (at: number): boolean => kernels[at]?.inputs.some(({ shape }) => textOf(shape) === to) ?? false;
    const near = Array.from({ length: REACH }, (_, step) => step + 1);
    const earlier = near.map((step) => place - step).find((at) => at >= 0 && gives(at));
    if (earlier !== undefined && from !== to && shapeInFile(earlier) === to) return earlier;
    const later = near.map((step) => place + step).find((at) => at < kernels.length && takes(at));
    return later ?? earlier ?? null;
  }
}

/** Movers serve each other: the chain is followed to a kernel that computes. */
function follow(targets: readonly (number | null)[], isMover: readonly boolean[], start: number): number | null {
  const seen = new Set<number>();
  let at = targets[start] ?? null;
  while (at !== null && isMover[at] && !seen.has(at)) {
    seen.add(at);
    at = targets[at] ?? null;
  }
  return at !== null && isMover[at] ? null : at;
}
