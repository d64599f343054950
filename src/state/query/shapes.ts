/**
 * Whether the dimensions of a pattern (`64x28x28`, `1x64x*`) stand next to each other somewhere in a shape. A star is any
 * one dimension.
 *
 * @param shape as the view writes it: `192×28×28`
 * @param batch the axis that the view left out; '': none
 */
export function shapeMatcher(pattern: string): (shape: string, batch: string) => boolean {
  const wanted = pattern.split(/[x×,]/);
  const fits = (dims: readonly string[], from: number): boolean =>
    wanted.every((each, i) => each === '*' || dims[from + i] === each);
  const inside = (shape: string): boolean => {
    const dims = shape.toLowerCase().split('×');
    for (let from = 0; from + wanted.length <= dims.length; from++) if (fits(dims, from)) return true;
    return false;
  };
  // A large model has few shapes.
  const known = new Map<string, boolean>();
  return (shape, batch) => {
    if (shape === '') return false;
    const whole = batch === '' ? shape : `${batch}×${shape}`;
    const fit = known.get(whole) ?? inside(whole);
    known.set(whole, fit);
    return fit;
  };
}
