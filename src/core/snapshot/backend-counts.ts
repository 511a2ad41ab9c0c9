/**
 * Ready counts of many backends, packed: an overlay of 100 clusters × 1,000 services changes every few seconds, and
 * one object per backend would cost each edge tens of milliseconds every time. One text per cluster, read when asked.
 */
import type { BackendCounts, BackendHealth } from "../health/model.ts";

/** Sorted, so that the same counts always give the same bytes. */
export function packCounts(backends: readonly BackendHealth[]): BackendCounts {
  const services = [...new Set(backends.map((backend) => backend.service))].sort();
  const columns = new Map(services.map((service, index) => [service, index]));
  const rows = new Map<string, string[]>();
  for (const { cluster, service, ready, total } of backends) {
    const row = rows.get(cluster) ?? Array.from({ length: services.length }, () => "");
    rows.set(cluster, row);
    row[columns.get(service) ?? 0] = `${ready}/${total}`;
  }
  const clusters = [...rows].map(([cluster, row]) => ({ cluster, counts: row.join(",") }));
  return { services, clusters: clusters.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)) };
}

/** All of them, by cluster and service. */
export function listCounts(packed: BackendCounts): readonly BackendHealth[] {
  return packed.clusters.flatMap(({ cluster, counts }) =>
    counts.split(",").flatMap((entry, index) => {
      const service = packed.services[index];
      return service === undefined || entry === "" ? [] : [count(cluster, service, entry)];
    }),
  );
}

/** Those of which not all endpoints are ready; of half a million others no text is made. */
export function partialCounts(packed: BackendCounts): readonly BackendHealth[] {
  const partial: BackendHealth[] = [];
  for (const { cluster, counts } of packed.clusters) {
    let at = 0;
    for (const service of packed.services) {
      if (at > counts.length) break;
      const comma = counts.indexOf(",", at);
      const end = comma === -1 ? counts.length : comma;
      if (end > at && !isPlainlyWhole(counts, at, end)) {
        const one = count(cluster, service, counts.slice(at, end));
        if (one.ready < one.total || one.ready === 0) partial.push(one);
      }
      at = end + 1;
    }
  }
  return partial;
}

/** The same digits on both sides of the slash; no means that somebody has to look closer. */
function isPlainlyWhole(counts: string, at: number, end: number): boolean {
  const half = (end - at - 1) / 2;
  if (counts.charCodeAt(at) === ZERO || counts.charCodeAt(at + half) !== SLASH) return false;
  for (let index = at; index < at + half; index += 1) {
    if (counts.charCodeAt(index) !== counts.charCodeAt(index + half + 1)) return false;
  }
  return true;
}

const ZERO = 48;
const SLASH = 47;

/** Looks one up without unpacking the others' clusters. */
export function countsIndex(packed: BackendCounts): { get(key: string): BackendHealth | undefined } {
  const texts = new Map(packed.clusters.map(({ cluster, counts }) => [cluster, counts]));
  const rows = new Map<string, readonly string[]>();
  let columns: ReadonlyMap<string, number> | null = null;
  return {
    get(key) {
      const bar = key.indexOf("|");
      const [cluster, service] = [key.slice(0, bar), key.slice(bar + 1)];
      const row = rows.get(cluster) ?? texts.get(cluster)?.split(",");
      if (row === undefined) return undefined;
      rows.set(cluster, row);
      columns ??= new Map(packed.services.map((name, index) => [name, index]));
      const entry = row[columns.get(service) ?? -1] ?? "";
      return entry === "" ? undefined : count(cluster, service, entry);
    },
  };
}

function count(cluster: string, service: string, entry: string): BackendHealth {
  const slash = entry.indexOf("/");
  return { cluster, service, ready: wholeNumber(entry.slice(0, slash)), total: wholeNumber(entry.slice(slash + 1)) };
}

/** What is no number counts as one ready endpoint: a bad entry must not take a backend out. */
function wholeNumber(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 && text !== "" ? value : 1;
}
