/**
 * Ready counts of every service port in use, packed for the overlay. Of 50 clusters × 10,000 services one count changes
 * at a time, so the rows are kept and only the row of that cluster is written anew.
 */
import type { BackendCounts } from "../health/model.ts";
import type { ServiceKey } from "../model.ts";
import type { Collected } from "./services.ts";

type Counted = Pick<Collected, "counted" | "counts">;

export interface ReadyCounts {
  set(key: ServiceKey, of: Counted): void;
  drop(key: ServiceKey): void;
  packed(): BackendCounts;
}

const NO_COUNTS: Counted = { counted: [], counts: [] };

interface Row {
  readonly cells: string[];
  /** How many cells are not empty: a cluster without counts has no row. */
  filled: number;
  text: string | null;
}

/** No counts yet. */
export function readyCounts(): ReadyCounts {
  const known = new Map<ServiceKey, Counted>();
  const changed = new Set<ServiceKey>();
  let services: readonly ServiceKey[] = [];
  let columns = new Map<ServiceKey, number>();
  let rows = new Map<string, Row>();

  function rebuild(): void {
    services = [...known].flatMap(([key, of]) => (isCounted(of) ? [key] : [])).sort();
    columns = new Map(services.map((service, index) => [service, index]));
    rows = new Map();
    for (const [column, service] of services.entries()) fill(column, known.get(service) ?? NO_COUNTS);
  }

  function rowOf(cluster: string): Row {
    let row = rows.get(cluster);
    if (row === undefined) {
      row = { cells: services.map(() => ""), filled: 0, text: null };
      rows.set(cluster, row);
    }
    return row;
  }

  function fill(column: number, { counted, counts }: Counted): void {
    for (const [index, cluster] of counted.entries()) write(rowOf(cluster), column, counts[index] ?? "");
  }

  /** Touches only the rows whose count is another one. */
  function patch(column: number, of: Counted): void {
    const now = new Map(of.counted.map((cluster, index) => [cluster, of.counts[index]]));
    for (const [cluster, row] of rows) write(row, column, now.get(cluster) ?? "");
    fill(column, of);
  }

  return {
    set(key, of) {
      known.set(key, of);
      changed.add(key);
    },
    drop(key) {
      known.delete(key);
      changed.add(key);
    },
    packed() {
      const isSameColumns = [...changed].every((key) => columns.has(key) === isCounted(known.get(key) ?? NO_COUNTS));
      if (!isSameColumns) rebuild();
      else {
        for (const key of changed) {
          const column = columns.get(key);
          if (column !== undefined) patch(column, known.get(key) ?? NO_COUNTS);
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

function isCounted({ counted }: Counted): boolean {
  return counted.length > 0;
}
