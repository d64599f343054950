import type { Json } from '../base/json.ts';
import type { Preprocess } from './preprocess.ts';

/** A usual way to feed images, as fields that take the place of the proposed ones. */
export interface PreprocessPreset {
  readonly id: string;
  readonly title: string;
  readonly changes: Readonly<Record<string, Json>>;
}

/** Of the ImageNet training set, for RGB in [0, 1] (torchvision), and for BGR in 0 to 255 (Caffe). */
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const CAFFE = [103.939, 116.779, 123.68];

/** The presets that fit these images; none for other data. */
export function presetsFor(preprocess: Preprocess): readonly PreprocessPreset[] {
  if (preprocess.kind !== 'image') return [];
  const isGray = preprocess.channels === 'gray';
  const each = (value: number): number[] => (isGray ? [value] : [value, value, value]);
  const rgb = isGray ? {} : { channels: 'rgb' };
  const plain: readonly PreprocessPreset[] = [
    { id: 'unit', title: '0 to 1', changes: { ...rgb, scale: 1 / 255, mean: each(0), std: each(1) } },
    { id: 'bytes', title: '0 to 255', changes: { ...rgb, scale: 1, mean: each(0), std: each(1) } },
    { id: 'symmetric', title: '−1 to 1', changes: { ...rgb, scale: 1 / 127.5, mean: each(1), std: each(1) } },
  ];
  if (isGray) return plain;
  return [
    { id: 'imagenet', title: 'ImageNet', changes: { channels: 'rgb', scale: 1 / 255, mean: MEAN, std: STD } },
    ...plain,
    { id: 'caffe', title: 'Caffe, BGR', changes: { channels: 'bgr', scale: 1, mean: CAFFE, std: [1, 1, 1] } },
  ];
}
