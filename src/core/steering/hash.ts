/**
 * Hashes that spread clients: not for security. Rendezvous hashing gives each (client, cluster) pair a number; the best
 * one wins. When a cluster leaves only its own clients move, and the order of the input never matters.
 */

/** 32-bit FNV-1a over UTF-16 units, then a mixer, since FNV alone leaves neighbours close. */
export function hash32(text: string, seed = 0): number {
  let hash = (2166136261 ^ seed) | 0;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return mix(hash);
}

/** The same for all requests from an address; without one there is no client to know again, and the seed spreads. */
export function addressHash(address: string | null, seed: number): number {
  return address === null ? hash32("", seed) : hash32(address);
}

/** One number for two; both may be neighbours of others, none of the results are. */
export function pairHash(a: number, b: number): number {
  return drawOf(clientPart(a), b);
}

/** The half of `pairHash` that is the same for all of a client's pairs. */
export function clientPart(a: number): number {
  return Math.imul(mix(a ^ 0x5bd1e995), 0x9e3779b1);
}

/** The other half of `pairHash`. */
export function drawOf(part: number, b: number): number {
  return mix(part ^ b);
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether a hash falls into the lower `share` (0…1) of all hashes: a larger share keeps everybody who was in. */
export function isWithin(hash: number, share: number): boolean {
  return hash >>> 0 < share * 0x1_0000_0000;
}

/**
 * The smaller, the better: an exponential variate over the weight, so that a cluster wins in exact proportion to its
 * weight, and a larger weight never loses a client (Wang, weighted rendezvous hashing: −ln(u) / w).
 */
export function weightedScore(hash: number, weight: number): number {
  return weight > 0 ? minusLog2((hash >>> 0) + 0.5) / weight : Number.POSITIVE_INFINITY;
}

const LOG2_E = 1.4426950408889634;

/**
 * −ln(u) ≥ 1 − u: a score is never less than (CERTAIN_DRAW − hash) · SCORE_SCALE / weight. Both are a little smaller
 * than the inequality allows, by more than the series below is wrong.
 */
export const CERTAIN_DRAW = 0xffff_ff00;
export const SCORE_SCALE: number = (LOG2_E * (1 - 1e-6)) / 0x1_0000_0000;

/** −log₂(value / 2³²) by halving and a fixed series: engines disagree about the last bit of `Math.log` (rule 11). */
function minusLog2(value: number): number {
  const whole = Math.floor(value);
  const exponent = whole === 0 ? -1 : 31 - Math.clz32(whole);
  // 2^exponent ≤ value < 2^(exponent + 1); exact, since powers of two are.
  const mantissa = exponent < 0 ? value * 2 : value / (exponent === 31 ? 2_147_483_648 : 1 << exponent);
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  // atanh series: z ≤ 1/3, so the term after the last is below 1e-9.
  const high = (((square / 17 + 1 / 15) * square + 1 / 13) * square + 1 / 11) * square + 1 / 9;
  const sum = (((high * square + 1 / 7) * square + 1 / 5) * square + 1 / 3) * square + 1;
  return 32 - exponent - 2 * z * sum * LOG2_E;
}
