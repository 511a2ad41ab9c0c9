/** Batches in which one name's records are never split: a record and its ownership TXT live and die together. */
import { compareText } from "../match-route.ts";

/** One write as a batch counts it. */
export interface BatchItem {
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  readonly name: string;
  readonly type: string;
  /** Items of one group stay together: the owned record's name, else the own. */
  readonly group: string;
  /** As the provider counts them: Route 53 counts an UPSERT's bytes and values twice. */
  readonly bytes: number;
  readonly values: number;
}

export interface BatchLimits {
  readonly changes: number;
  readonly bytes: number;
  readonly values: number;
}

export interface Batches<T> {
  readonly batches: readonly (readonly T[])[];
  /** Groups that alone exceed a limit; they are left out and have to be reported. */
  readonly oversize: readonly string[];
}

/** Splits writes; each batch is sorted UPSERT, DELETE, CREATE, then by name and type. */
export function batchesOf<T extends BatchItem>(items: readonly T[], limits: BatchLimits): Batches<T> {
  if (fits(items, limits)) return { batches: items.length === 0 ? [] : [sorted(items)], oversize: [] };
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(item.group, [...(groups.get(item.group) ?? []), item]);
  const batches: T[][] = [];
  const oversize: string[] = [];
  for (const [name, group] of [...groups].sort(([a], [b]) => compareText(a, b))) {
    const last = batches.at(-1);
    if (!fits(group, limits)) oversize.push(name);
    else if (last !== undefined && fits([...last, ...group], limits)) last.push(...group);
    else batches.push([...group]);
  }
  return { batches: batches.map(sorted), oversize };
}

function fits(items: readonly BatchItem[], limits: BatchLimits): boolean {
  const sum = (of: (item: BatchItem) => number): number => items.reduce((total, item) => total + of(item), 0);
  return (
    items.length <= limits.changes &&
    sum((item) => item.bytes) <= limits.bytes &&
    sum((item) => item.values) <= limits.values
  );
}

function sorted<T extends BatchItem>(items: readonly T[]): T[] {
  // Descending by action, as external-dns sends them.
  return [...items].sort(
    (a, b) => -compareText(a.action, b.action) || compareText(a.name, b.name) || compareText(a.type, b.type),
  );
}
