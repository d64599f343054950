/** Operator families: how nodes are coloured and marked (see the design tokens `--op-*`). */
export const FAMILIES = [
  'conv',
  'dense',
  'norm',
  'act',
  'elem',
  'shape',
  'pool',
  'attn',
  'control',
  'const',
  'unknown',
] as const;
export type Family = (typeof FAMILIES)[number];
