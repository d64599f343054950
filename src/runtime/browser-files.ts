import entry from 'onnxruntime-web/wasm?url';
import glue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import binary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

const URLS = {
  'ort.wasm.min.mjs': entry,
  'ort-wasm-simd-threaded.mjs': glue,
  'ort-wasm-simd-threaded.wasm': binary,
} as const;

/** The files of this page's own ONNX Runtime for WASM, by the names that its package gives them: to be handed on. */
export async function runtimeFiles(): Promise<Record<string, Uint8Array>> {
  const files = await Promise.all(
    Object.entries(URLS).map(async ([name, url]): Promise<[string, Uint8Array]> => {
      const answer = await fetch(new URL(url, self.location.href));
      return [name, new Uint8Array(await answer.arrayBuffer())];
    }),
  );
  return Object.fromEntries(files);
}
