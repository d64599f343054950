import type { SessionOptions } from './types.ts';

/** The options as `ort.InferenceSession.create(model, options)` of ONNX Runtime Web takes them. */
export function runtimeOptions({ graphOptimizationLevel, config }: SessionOptions): Record<string, unknown> {
  return {
    ...(graphOptimizationLevel ? { graphOptimizationLevel } : {}),
    ...(config ? { extra: config } : {}),
  };
}

/** The small JSON that lies beside a model which is to be loaded so. */
export const sessionText = (session: SessionOptions): string => `${JSON.stringify(runtimeOptions(session), null, 2)}\n`;
