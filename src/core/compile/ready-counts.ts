/**
 * Ready counts of every service port in use, packed for the overlay. Of 50 clusters × 10,000 services one count changes
 * at a time, so the rows are kept and only the row of that cluster is written anew.
 */
import type { BackendCounts } from "../health/model.ts";
import type { ServiceKey } from "../model.ts";
import type { BackendResult } from "./backend.ts";

export interface ReadyCounts {
  set(key: ServiceKey, results: readonly BackendResult[]): void;
  drop(key: ServiceKey): void;
  packed(): BackendCounts;
}

interface Row {
  readonly cells: string[];
  /** How many cells are not empty: a cluster without counts has no row. */
  filled: number;
  text: string | null;
}

/** No counts yet. */
export function readyCounts(): ReadyCounts {
  const known = new Map<ServiceKey, readonly BackendResult[]>();
  const changed = new Set<ServiceKey>();
  let services: readonly ServiceKey[] = [];
  let columns = new Map<ServiceKey, number>();
  let rows = new Map<string, Row>();

  function rebuild(): void {
    services = [...known].flatMap(([key, results]) => (isCounted(results) ? [key] : [])).sort();
    columns = new Map(services.map((service, index) => [service, index]));
    rows = new Map();
    for (const [column, service] of services.entries()) fill(column, known.get(service) ?? []);
  }

  function rowOf(cluster: string): Row {
    let row = rows.get(cluster);
    if (row === undefined) {
      row = { cells: Array.from({ length: services.length }, () => ""), filled: 0, text: null };
      rows.set(cluster, row);
    }
    return row;
  }

  function fill(column: number, results: readonly BackendResult[]): void {
    for (const { cluster, counts } of results) if (counts !== null) write(rowOf(cluster), column, counts);
  }

  /** Touches only the rows whose count is another one. */
  function patch(column: number, results: readonly BackendResult[]): void {
    const counted = new Map(results.map(({ cluster, counts }) => [cluster, counts]));
    for (const [cluster, row] of rows) write(row, column, counted.get(cluster) ?? "");
    fill(column, results);
  }

  return {
    set(key, results) {
      known.set(key, results);
      changed.add(key);
    },
    drop(key) {
      known.delete(key);
      changed.add(key);
    },
    packed() {
      const isSameColumns = [...changed].every((key) => columns.has(key) === isCounted(known.get(key) ?? []));
      if (!isSameColumns) rebuild();
      else {
        for (const key of changed) {
          const column = columns.get(key);
          if (column !== undefined) patch(column, known.get(key) ?? []);
        }
      }
      changed.clear();
      const filled = [...rows].filter(([, row]) => row.filled > 0);
      const clusters = filled.map(([cluster, row]) => ({ cluster, counts: (row.text ??= row.cells.join(",")) }));
      return { services, clusters: clusters.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)) };
    },
  };
}

function write(row: Row, column: number, cell: string): void {
  const before = row.cells[column];
  if (before === cell) return;
  row.filled += (cell === "" ? 0 : 1) - (before === "" ? 0 : 1);
  row.cells[column] = cell;
  row.text = null;
}

function isCounted(results: readonly BackendResult[]): boolean {
  return results.some(({ counts }) => counts !== null);
}
