/** Packing changes into requests: groups are never split, order is kept, and no request is larger than its limits. */

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

function add(a: BatchCost, b: BatchCost): BatchCost {
  return { changes: a.changes + b.changes, bytes: a.bytes + b.bytes, values: a.values + b.values };
}
