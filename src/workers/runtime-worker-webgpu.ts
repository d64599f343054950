import { browserRuntime } from '../runtime/browser.ts';
import { serveRuntime } from './runtime-service.ts';

// The WebGPU bundle has fewer CPU kernels (no Dropout, for one), so a reference runs on the plain WASM bundle.
const webgpu = browserRuntime('webgpu');
// WebNN is in the same bundle.
serveRuntime(self, { wasm: browserRuntime('wasm'), webgpu, webnn: webgpu });
