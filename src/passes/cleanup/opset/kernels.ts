/** Versions of operators that ONNX Runtime Web 1.30 has no kernel for, though it has one for the version before. */
export const WITHOUT_KERNEL: Readonly<Record<string, number>> = {
  Bernoulli: 22,
  GlobalLpPool: 22,
  MaxRoiPool: 22,
  Multinomial: 22,
  RandomNormal: 22,
  RandomNormalLike: 22,
  RandomUniform: 22,
  RandomUniformLike: 22,
  RoiAlign: 22,
};

/**
 * Versions from which ONNX Runtime Web has another kernel, which adds the same numbers in another order: pools are
 * summed row by row there, and column by column before.
 */
export const REORDERED: Readonly<Record<string, number>> = { AveragePool: 19 };
