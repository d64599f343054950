import react from '@vitejs/plugin-react';
import tailwindcss from '@tailwindcss/vite';
import { defaultClientConditions, defineConfig } from 'vite';
import { offline } from './src/offline/plugin.ts';
import { HEADERS, ISOLATION } from './src/offline/policy.ts';

export default defineConfig({
  base: './',
  plugins: [react(), tailwindcss(), offline()],
  server: { headers: ISOLATION },
  preview: { headers: HEADERS },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 800,
    // Fonts stay files: the page's policy takes none from its own text.
    assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
    // The studio, and the page by which a phone lends itself to it.
    rolldownOptions: { input: ['index.html', 'lend.html'] },
  },
  // The bundled entry hangs with threads inside a module worker; the extern-wasm entry does not.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
});
