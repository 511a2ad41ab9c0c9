/**
 * Sine, cosine and arc sine from fixed polynomials: `Math.sin` and its kin may differ in the last bit between engines,
 * and the same request must cost the same microsecond everywhere (DESIGN.md rule 11).
 */

const HALF_PI = 1.5707963267948966;
const TWO_PI = 6.283185307179586;

/** Sine of an angle in radians; error below 1e-14 for |x| ≤ 4π. */
export function sin(x: number): number {
  let angle = x - TWO_PI * Math.round(x / TWO_PI);
  if (angle > HALF_PI) angle = 2 * HALF_PI - angle;
  else if (angle < -HALF_PI) angle = -2 * HALF_PI - angle;
  return sinNearZero(angle);
}

/** Cosine of an angle in radians. */
export function cos(x: number): number {
  return sin(x + HALF_PI);
}

/** Taylor series to x^23: the next term is below 1e-19 at π/2. */
function sinNearZero(x: number): number {
  const square = x * x;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = ((1 + sum) * -square) / (n * (n - 1));
  return x * (1 + sum);
}

/** Arc sine of −1…1 in radians; error below 1e-11, which is a tenth of a millimetre. Outside it is the nearer end. */
export function asin(x: number): number {
  if (x < 0) return -asin(-x);
  if (x >= 1) return HALF_PI;
  // Near 1 the series converges slowly: asin x = π/2 − 2·asin √((1 − x)/2).
  return x > 0.5 ? HALF_PI - 2 * asinSeries(Math.sqrt((1 - x) / 2)) : asinSeries(x);
}

/** Coefficients of x³, x⁵ … x³³ of the Taylor series. */
const ASIN_TERMS = asinTerms();

function asinTerms(): Float64Array {
  let term = 1;
  return Float64Array.from({ length: 16 }, (_, at) => {
    const n = at + 1;
    term *= (2 * n - 1) / (2 * n);
    return term / (2 * n + 1);
  });
}

/** Taylor series for |x| ≤ 0.5: two sums, of every second term, that a processor works out side by side. */
function asinSeries(x: number): number {
  const square = x * x;
  const fourth = square * square;
  let odd = 0;
  let even = 0;
  for (let at = ASIN_TERMS.length - 1; at > 0; at -= 2) {
    odd = odd * fourth + (ASIN_TERMS[at] ?? 0);
    even = even * fourth + (ASIN_TERMS[at - 1] ?? 0);
  }
  return x + x * square * (even + square * odd);
}
