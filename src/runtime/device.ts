/** `(module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt))`: valid only where WASM SIMD is. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

export const hasSimd = (): boolean => WebAssembly.validate(SIMD_MODULE);

/**
 * The step of a clock, ms: the smallest difference it was seen to make. Browsers coarsen `performance.now()` to 5 µs
 * with cross-origin isolation and to 100 µs or 1 ms without. At most `readings` readings.
 */
export function timerStep(now: () => number = () => performance.now(), readings = 20_000): number {
  let smallest = Infinity;
  let last = now();
  for (let i = 0, steps = 0; i < readings && steps < 50; i++) {
    const time = now();
    if (time > last) {
      smallest = Math.min(smallest, time - last);
      steps++;
    }
    last = time;
  }
  return Number.isFinite(smallest) ? smallest : 1;
}
