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

/** As people say them. */
export const FAMILY_NAMES: Readonly<Record<Family, string>> = {
  conv: 'convolution',
  dense: 'dense',
  norm: 'normalization',
  act: 'activation',
  elem: 'elementwise',
  shape: 'shape',
  pool: 'pooling',
  attn: 'attention',
  control: 'control',
  const: 'constant',
  unknown: 'unknown',
};
