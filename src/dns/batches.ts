/** Packing changes into requests: groups are never split, order is kept, and no request is larger than its limits. */

import { type DnsChange, recordKey } from "../core/dns/records.ts";

export interface BatchCost {
  readonly changes: number;
  readonly bytes: number;
  readonly values: number;
}

/** Greedy from the front; a group that is larger than the limits all by itself gets a batch of its own. */
export function packBatches<T>(groups: readonly T[], costOf: (group: T) => BatchCost, limits: BatchCost): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let sum = { changes: 0, bytes: 0, values: 0 };
  for (const group of groups) {
    const cost = costOf(group);
    const next = add(sum, cost);
    const fits = next.changes <= limits.changes && next.bytes <= limits.bytes && next.values <= limits.values;
    if (!fits && batch.length > 0) {
      batches.push(batch);
      batch = [];
    }
    batch.push(group);
    sum = batch.length === 1 ? cost : next;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * Splits where a set would be touched twice: conditions are asked of the zone as it is before the batch, and Route 53
 * deletes a set only once in a batch.
 */
export function withoutRepetition(batches: readonly (readonly DnsChange[])[]): DnsChange[][] {
  return batches.flatMap((batch) => {
    const parts: DnsChange[][] = [[]];
    let keys = new Set<string>();
    for (const change of batch) {
      const own = [...change.before, ...change.after].map(recordKey);
      if (own.some((key) => keys.has(key))) {
        parts.push([]);
        keys = new Set();
      }
      for (const key of own) keys.add(key);
      parts.at(-1)?.push(change);
    }
    return parts;
  });
}

function add(a: BatchCost, b: BatchCost): BatchCost {
  return { changes: a.changes + b.changes, bytes: a.bytes + b.bytes, values: a.values + b.values };
}
