import type { Model } from '../../ir/model.ts';
import { readDecoderIo } from '../../kv/io.ts';
import { loopSetup } from '../../kv/loop/setup.ts';
import { LOOP, PAGE } from '../../kv/loop/source.ts';
import { policyOf } from '../../kv/policy.ts';
import { writeModel } from '../../onnx/write.ts';
import { zipOf } from '../zip.ts';

/**
 * A decoder ready for use, as a zip: `model.onnx`, `decode.mjs` (the loop), `decoder.json` (what it has to know),
 * `index.html` (a page that writes).
 *
 * @throws CodedError `unsupported` where the model is no decoder that keeps keys and values
 */
export function exportLoop(model: Model): Uint8Array<ArrayBuffer> {
  const setup = loopSetup(readDecoderIo(model), policyOf(model), model.extras.metadataProps?.get('tokenizer'));
  const texts = { 'decode.mjs': LOOP, 'decoder.json': `${JSON.stringify(setup, null, 2)}\n`, 'index.html': PAGE };
  return zipOf({ 'model.onnx': writeModel(model), ...texts });
}
