import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { sealBuild } from './files.ts';
import { POLICY } from './policy.ts';

/**
 * Built pages carry the policy, for hosts that send no headers, and are kept by the service worker. The development
 * server has neither: it writes scripts into the page, and its files change.
 */
export function offline(): Plugin {
  let folder = '';
  return {
    name: 'whittle:offline',
    apply: 'build',
    configResolved({ root, build }) {
      folder = resolve(root, build.outDir);
    },
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
    closeBundle: {
      sequential: true,
      order: 'post',
      handler: () => void sealBuild(folder),
    },
  };
}
