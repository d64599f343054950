import { expect, type Page } from '@playwright/test';
import { seeded } from '../src/base/random.ts';

/** Images [1, SIDE, SIDE] of so many classes. */
export const SIDE = 8;
export const CLASSES = 3;
const COUNT = 240;

const idx = (shape: readonly number[], data: Uint8Array): Uint8Array => {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((size, axis) => header.setUint32(4 + 4 * axis, size));
  return Buffer.concat([new Uint8Array(header.buffer), data]);
};

/** Bars that lie, bars that stand, and squares, each somewhere, with noise. */
export function samples(seed = 11): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const random = seeded(seed);
  const images = new Uint8Array(COUNT * SIDE * SIDE).map(() => Math.floor(random() * 60));
  const labels = new Uint8Array(COUNT).map((_, i) => i % CLASSES);
  labels.forEach((label, i) => {
    const [row, column] = [1 + Math.floor(random() * 5), 1 + Math.floor(random() * 5)];
    const light = (y: number, x: number): void => void (images[i * SIDE * SIDE + y * SIDE + x] = 230);
    for (let k = 0; k < SIDE; k++) {
      if (label === 0) light(row, k);
      if (label === 1) light(k, column);
    }
    const square = label === 2 ? 9 : 0;
    for (let k = 0; k < square; k++) light(row - 1 + Math.floor(k / 3), column - 1 + (k % 3));
  });
  return { images: idx([COUNT, SIDE, SIDE], images), labels: idx([COUNT], labels) };
}

export const file = (name: string, bytes: Uint8Array) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
});

export async function giveSamples(page: Page): Promise<void> {
  const { images, labels } = samples();
  await page.getByLabel('Training samples').setInputFiles(file('bars-images-idx3-ubyte', images));
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toContainText(`${COUNT} samples`);
  await page.getByLabel('Training labels file').setInputFiles(file('bars-labels-idx1-ubyte', labels));
  await expect(page.getByRole('region', { name: 'Data', exact: true })).toContainText('3 classes, 80 samples each');
}

export async function set(page: Page, label: string, value: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(value);
  await field.press('Enter');
}

/** How the run stands, in a word. */
export const status = (page: Page) => page.getByRole('main').getByRole('status').first();
