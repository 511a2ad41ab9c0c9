/**
 * How long an edge stands still for the largest text of each kind: parsed, checked and taken, as the loaders do it.
 * `node bench/parse-slice.ts`: the largest that is published for a host, lists and clusters at their limits; the best and
 * the median of many rounds. The goal is 1 MB and 5 ms.
 */
import type { Snapshot } from "../src/core/model.ts";
import { packCounts } from "../src/core/snapshot/backend-counts.ts";
import { boundedOverlay } from "../src/core/snapshot/brief-overlay.ts";
import { parse } from "../src/core/snapshot/guard.ts";
import { envelopeText, parseSigned, readManifestText } from "../src/core/snapshot/manifest.ts";
import { parseOverlay } from "../src/core/snapshot/overlay.ts";
import { LARGEST_PART_CHARACTERS, PART_CHARACTERS, readPart } from "../src/core/snapshot/part.ts";
import { partText, snapshotParts } from "../src/core/snapshot/parts.ts";
import { hashedSlices, publishSnapshot } from "../src/core/snapshot/publish.ts";
import { readBase, readHostRoutes } from "../src/core/snapshot/shapes.ts";
import { parseList } from "../src/core/snapshot/slice-lists.ts";
import { memoryStore } from "../src/store/memory.ts";
import { sha256Hex } from "../src/store/signature.ts";
import { textStore } from "../src/store/text.ts";
import { hostRoutes, modelCluster, originOf } from "../test/build/steering.ts";

const ROUNDS = 60;
const MOST = { ms: 5, bytes: 1_048_576 };
let missed = 0;

function measure(what: string, text: string, read: (text: string) => { readonly ok: boolean }): void {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // A text of its own each time, as out of a socket.
    const own = Buffer.from(text).toString();
    const startMs = performance.now();
    const isRead = read(own).ok;
    times.push(performance.now() - startMs);
    if (!isRead) throw new Error(`${what} cannot be read`);
  }
  times.sort((a, b) => a - b);
  const [best = 0, median = 0] = [times[0], times[ROUNDS / 2]];
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST.bytes || best > MOST.ms) missed += 1;
  console.log(
    `${what.padEnd(44)}${String(bytes).padStart(9)} bytes   best ${best.toFixed(2)} ms, median ${median.toFixed(2)} ms`,
  );
}

function largest(texts: readonly string[]): string {
  return texts.reduce((a, b) => (a.length >= b.length ? a : b), "");
}

const clusters = Array.from({ length: 1000 }, (_, index) => modelCluster(`cluster-${index}`));
const own = (count: number) => Array.from({ length: count }, (_, index) => originOf(`pod-${index}`));

// One host with 10,000 rules, and two pods of its own in each of 1,000 clusters.
const host = hostRoutes(clusters, {});
const routes = Array.from({ length: 10_000 }, (_, index) =>
  host.routes.map((route) => ({ ...route, path: { ...route.path, value: `/department/${index}` } })),
).flat();
const services = host.services.map((service) => ({
  ...service,
  backends: service.backends.map((backend) => ({ ...backend, origins: own(2) })),
}));
const many = Array.from({ length: 49_999 }, (_, index) => ({
  ...hostRoutes([], {}),
  host: `shop-${index}.example.org`,
}));
const snapshot: Snapshot = {
  clusters,
  hosts: [{ ...host, routes, services }, ...many],
  reservations: many.map((one) => ({ host: one.host, owner: "team-shop", releasedAtMs: 1_764_032_000_000 })),
  locationOverrides: Array.from({ length: 10_000 }, (_, index) => ({
    cidr: `10.${index >> 8}.${index & 255}.0/24`,
    country: "DE",
    location: null,
  })),
};
const store = textStore(memoryStore());
const slices = await hashedSlices(snapshot, sha256Hex);
const options = { epoch: 1, generation: 1, audience: "bench", publishedAtMs: 0, replaces: null };
const sink = { put: store.put, digest: sha256Hex, sign: null };
const published = await publishSnapshot(sink, snapshot, { ...options, knownSlices: new Set(), slices });
if (published === null) throw new Error("it was not published");

const manifest = (await store.get("manifest")) ?? "";
measure("manifest of 50,000 hosts", manifest, (text) => {
  const envelope = parseSigned(text);
  return envelope.ok ? readManifestText(envelope.value.payload) : envelope;
});
const lists = await Promise.all(
  published.manifest.lists.map(async (hash) => (await store.get(`slices/${hash}`)) ?? ""),
);
measure(`its longest list, of ${lists.length}`, largest(lists), parseList);
const base = slices.filter(({ key }) => key === "base").map(({ text }) => text());
measure(`piece of 1,000 clusters and the rest, of ${base.length}`, largest(base), (text) => parse(readBase, text));
const pieces = slices.filter(({ key }) => key === host.host).map(({ text }) => text());
measure(`piece of a host of 10,000 rules, of ${pieces.length}`, largest(pieces), (text) => parse(readHostRoutes, text));

const overlay = {
  observedAtMs: 1_764_032_000_000,
  validForMs: 60_000,
  clusters: [],
  origins: [],
  verdicts: [],
  roundTrips: [],
  offered: [],
  events: [],
};
const counts = Array.from({ length: 1_000_000 }, (_, index) => ({
  cluster: `cluster-${index % 100}`,
  service: `default/shop-${Math.floor(index / 100)}/80`,
  ready: index % 3,
  total: 3,
}));
const down = Array.from({ length: 100_000 }, (_, index) => ({
  cluster: `cluster-${index % 1000}`,
  origin: `cluster-${index % 1000}|https://pod-${index}.example.org:8080`,
  verdict: "down" as const,
  sinceMs: 1_764_032_000_000,
  cause: "connection refused",
}));
measure(
  "overlay of 100 clusters × 10,000 Services",
  boundedOverlay({ ...overlay, backends: packCounts(counts) }),
  parseOverlay,
);
measure(
  "overlay of 100,000 origins that are down",
  boundedOverlay({ ...overlay, backends: packCounts([]), origins: down }),
  parseOverlay,
);

for (const most of [PART_CHARACTERS, LARGEST_PART_CHARACTERS]) {
  const texts = [...pieceSizes()].map((count) => partOf(count));
  measure("part of one host", largest(texts.filter((text) => text.length <= most)), (text) => {
    const envelope = parseSigned(text);
    return envelope.ok ? parse(readPart, envelope.value.payload) : envelope;
  });
}

function* pieceSizes(): Generator<number> {
  for (let count = 10; count <= 1000; count += 10) yield count;
}

/** The part of a host in so many clusters, each with a pod of its own. */
function partOf(count: number): string {
  const few = clusters.slice(0, count);
  const one = hostRoutes(few, {});
  const withOrigins = one.services.map((service) => ({
    ...service,
    backends: service.backends.map((backend) => ({ ...backend, origins: own(1) })),
  }));
  const world = { clusters: few, hosts: [{ ...one, services: withOrigins }], reservations: [], locationOverrides: [] };
  const [part] = snapshotParts(world);
  if (part === undefined) throw new Error("no part");
  const payload = partText(part, { audience: "bench", epoch: 1, generation: 1, publishedAtMs: 0 });
  return envelopeText({ payload, keyId: "k", signature: "s".repeat(88) });
}

console.log(
  missed === 0
    ? `all within ${MOST.bytes} bytes and ${MOST.ms} ms`
    : `${missed} above ${MOST.bytes} bytes or ${MOST.ms} ms`,
);
