// A bundled sample as the bytes of an ONNX file, for scripts that run outside the bundler.
import { withSource } from './source.mjs';

export const writeSample = (id) =>
  withSource(async (load) => {
    const { buildSample } = await load('/src/samples/catalogue.ts');
    const { writeModel } = await load('/src/onnx/write.ts');
    return writeModel(buildSample(id));
  });
