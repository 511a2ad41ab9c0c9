/**
 * Webster's method (Sainte-Laguë): each next replica goes to the highest `weight / (2 · replicas + 1)`. Fair, and
 * monotone: one replica more never takes one away from anybody.
 */
import { compareText } from "../match-route.ts";

/**
 * Replicas by cluster after `count` more were given out, those that were `assigned` before included. Who has no weight
 * gets no new one and keeps what it has. Null when there is nobody at all.
 */
export function websterShares(
  count: number,
  weights: ReadonlyMap<string, number>,
  assigned: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> | null {
  const totals = new Map(assigned);
  const parties = [...weights].map(([name, weight]) => ({ name, weight, seats: assigned.get(name) ?? 0 }));
  for (const { name, seats } of parties) totals.set(name, seats);
  if (totals.size === 0) return null;
  const [first, ...others] = parties;
  if (first === undefined) return totals;
  for (let given = 0; given < count; given += 1) {
    const next = others.reduce((best, one) => (goesBefore(one, best) ? one : best), first);
    next.seats += 1;
  }
  for (const { name, seats } of parties) totals.set(name, seats);
  return totals;
}

interface Party {
  readonly name: string;
  readonly weight: number;
  seats: number;
}

/** 1. weight / (2 · seats + 1), as whole numbers; 2. fewer seats; 3. name. */
function goesBefore(a: Party, b: Party): boolean {
  const order = comparedProducts(a.weight, 2 * b.seats + 1, b.weight, 2 * a.seats + 1);
  if (order !== 0) return order > 0;
  return a.seats === b.seats ? compareText(a.name, b.name) < 0 : a.seats < b.seats;
}

function comparedProducts(a: number, b: number, c: number, d: number): number {
  const [left, right] = [a * b, c * d];
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left - right;
  const exact = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d);
  return exact === 0n ? 0 : exact > 0n ? 1 : -1;
}
