/** Cross-origin isolation: without it there are no WASM threads. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/**
 * What the pages and their workers may load and run (Content Security Policy, level 3): only what lies beside them.
 *
 * - `wasm-unsafe-eval` lets ONNX Runtime compile its WebAssembly, and no text.
 * - Styles may stand inline: the scroll lock of Radix's dialogs writes a `<style>` with a width that it measured, and a
 *   report, shown in a frame that inherits this policy, carries its styles in itself. Scripts may not.
 * - `blob:` is memory of this page: a file that is handed to another tab, and pictures that are drawn.
 */
const DIRECTIVES = {
  'default-src': "'self'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'connect-src': "'self' blob:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
} as const;

export const POLICY = Object.entries(DIRECTIVES)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');

/** Of every file that a server of the studio gives out: workers take their policy from their own answer. */
export const HEADERS = { ...ISOLATION, 'Content-Security-Policy': POLICY } as const;
