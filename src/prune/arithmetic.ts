export const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
export const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/** An axis counted from the front; negative ones count from the back (ONNX). */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
