/**
 * erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!! (NIST DLMF 7.6.2): all terms have one sign, so nothing cancels. From
 * 6 on it is 1 to the last bit.
 */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** ln(1 + eˣ), without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const gelu = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
export const tanhGelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
export const hardSigmoid = (x: number, alpha: number, beta: number): number => clamp(alpha * x + beta, 0, 1);

/**
 * Activations by their names, as recurrent operators, FusedConv and FusedGemm have them; with the parameters that the
 * operator specification gives where there are none.
 */
export function activation(name: string, params: readonly number[] = []): (x: number) => number {
  const [alpha, beta] = params;
  switch (name.toLowerCase()) {
    case '':
      return (x) => x;
    case 'relu':
      return (x) => Math.max(x, 0);
    case 'tanh':
      return Math.tanh;
    case 'sigmoid':
      return sigmoid;
    case 'softsign':
      return (x) => x / (1 + Math.abs(x));
    case 'softplus':
      return softplus;
    case 'affine':
      return (x) => (alpha ?? 1) * x + (beta ?? 0);
    case 'leakyrelu':
      return (x) => (x < 0 ? (alpha ?? 0.01) * x : x);
    case 'thresholdedrelu':
      return (x) => (x > (alpha ?? 1) ? x : 0);
    case 'scaledtanh':
      return (x) => (alpha ?? 1) * Math.tanh((beta ?? 1) * x);
    case 'hardsigmoid':
      return (x) => hardSigmoid(x, alpha ?? 0.2, beta ?? 0.5);
    case 'elu':
      return (x) => (x < 0 ? (alpha ?? 1) * Math.expm1(x) : x);
    case 'clip':
      return (x) => clamp(x, alpha ?? -Infinity, beta ?? Infinity);
    case 'hardswish':
      return (x) => x * hardSigmoid(x, 1 / 6, 0.5);
    default:
      throw new Error(`no activation ${name}`);
  }
}
