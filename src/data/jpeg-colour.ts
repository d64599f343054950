/** The sampling of the two colour planes beside luma, and how the three are to be read. */
export interface Colour {
  /** Adobe's marker or the components' names say that the planes are red, green and blue already. */
  readonly isRgb: boolean;
  /** Pixels across and down that share one colour sample: 1 × 1, 2 × 1, 2 × 2 or another. */
  readonly across: number;
  readonly down: number;
}

/**
 * Decoded planes, interleaved as Y, Cb, Cr with colour samples repeated, → RGB in place, as libjpeg does: colour of half
 * the resolution is interpolated (jdsample.c, "fancy upsampling"), then converted in rounded arithmetic (jdcolor.c).
 */
export function toRgbInPlace(data: Uint8Array, width: number, height: number, { isRgb, across, down }: Colour): void {
  if (isRgb) return;
  if (across === 2 && (down === 1 || down === 2) && width > 2)
    for (const plane of [1, 2]) interpolate(data, width, height, plane, down);
  for (let i = 0; i < data.length; i += 3) {
    const [y, cb, cr] = [data[i] ?? 0, (data[i + 1] ?? 0) - 128, (data[i + 2] ?? 0) - 128];
    data[i] = clamp(y + ((91881 * cr + 32768) >> 16));
    data[i + 1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    data[i + 2] = clamp(y + ((116130 * cb + 32768) >> 16));
  }
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** The triangle filter: 3/4 of the nearer sample, 1/4 of the farther one, on each axis that is halved. */
function interpolate(data: Uint8Array, width: number, height: number, plane: number, down: number): void {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / down)];
  const samples = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      samples[row * columns + column] = data[(row * down * width + column * 2) * 3 + plane] ?? 0;
    }
  }
  const sums = new Int32Array(columns);
  const whole = down === 2 ? 16 : 4;
  for (let y = 0; y < height; y++) {
    const near = Math.floor(y / down);
    const far = down === 1 ? near : Math.min(rows - 1, Math.max(0, near + (y % 2 === 0 ? -1 : 1)));
    for (let column = 0; column < columns; column++) {
      const own = samples[near * columns + column] ?? 0;
      sums[column] = down === 1 ? own : own * 3 + (samples[far * columns + column] ?? 0);
    }
    for (let x = 0; x < width; x++) {
      const column = x >> 1;
      const side = x % 2 === 0 ? column - 1 : column + 1;
      const own = sums[column] ?? 0;
      const other = side < 0 || side >= columns ? own : (sums[side] ?? 0);
      // libjpeg's biases, which alternate so that halves do not all go up.
      const bias = down === 2 ? (x % 2 === 0 ? 8 : 7) : x % 2 === 0 ? 1 : 2;
      data[(y * width + x) * 3 + plane] = Math.floor((own * 3 + other + bias) / whole);
    }
  }
}
