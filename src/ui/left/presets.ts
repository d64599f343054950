import type { Backend } from '../../rewrite/pass.ts';
import { BACKEND_NAMES } from './BackendMenu.tsx';

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly why: string;
}

/** Rows of passes that are applied with one click, for what the model is made for. */
export const presetsFor = (backend: Backend): readonly Preset[] => [
  { id: 'clean', title: 'Clean up, all passes', why: 'Every pass of the group below, from the original on.' },
  {
    id: backend,
    title: backend === 'portable' ? 'All that any runtime can run' : `All that pays on ${BACKEND_NAMES[backend]}`,
    why: 'Clean-up and fusion, only what never loses there, from the original on.',
  },
  {
    id: 'edge',
    title: 'Edge: prune to half the MACs too',
    why: 'The preset above, and the channels pruned until half of the MACs are left. Values change.',
  },
];
