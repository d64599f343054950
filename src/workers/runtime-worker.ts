import { browserRuntime } from '../runtime/browser.ts';
import { serveRuntime } from './runtime-service.ts';

serveRuntime(self, { wasm: browserRuntime('wasm') });
