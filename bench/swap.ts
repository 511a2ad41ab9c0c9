/**
 * How long an edge's loop stands still while it takes a new snapshot: `node bench/swap.ts [HOSTS] [CLUSTERS]`, by default
 * 10,000 hosts over 3 clusters with a pod of each service in each. The longest time between two turns of the loop, by the
 * kind of change; the processor's share of this process beside it, since on a busy machine a loop also waits for that.
 */
import { compiler } from "../src/core/compile/compile.ts";
import { publishSnapshot } from "../src/core/snapshot/publish.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier, sha256Hex } from "../src/store/signature.ts";
import { edgeMetrics } from "../src/edge/metrics.ts";
import { createEdge } from "../src/edge/edge.ts";
import { timeZonePoint } from "../src/core/geo/time-zones.ts";
import { memoryStore } from "../src/store/memory.ts";
import { textStore } from "../src/store/text.ts";
import { slice, wideWorld } from "./wide-world.ts";

const [hosts = 10_000, clusters = 3] = process.argv.slice(2).map(Number);
const ROUNDS = 15;
const world = wideWorld(hosts, clusters, clusters);
const keys = await generateSigningKeys();
const store = memoryStore();
const compile = compiler();
let generation = 0;
let members = world.members;

async function publish(): Promise<void> {
  const input = { config: world.config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 };
  const { snapshot } = compile(input);
  const sink = { put: textStore(store).put, digest: sha256Hex, sign: manifestSigner("k", keys.privateKey) };
  const stored = await store.get("manifest");
  const at = { epoch: 1, generation: ++generation, publishedAtMs: 0, audience: "bench" };
  await publishSnapshot(sink, snapshot, { ...at, replaces: stored?.version ?? null, knownSlices: new Set() });
}

/** Puts other pods behind the services that are chosen, in every cluster. */
function change(isChosen: (index: number) => boolean): void {
  members = members.map((member, cluster) => ({
    ...member,
    objects: {
      ...member.objects,
      endpointSlices: member.objects.endpointSlices.map((one, index) =>
        isChosen(index) ? { ...slice(cluster + 3 * generation, index), meta: one.meta } : one,
      ),
    },
  }));
}

await publish();
// Without sockets: what is measured is taking a snapshot, not the probes of two thousand pods that are not there.
const edge = createEdge(
  {
    name: "bench",
    location: null,
    trustedProxies: [],
    trustedHops: 0,
    trustedHeader: null,
    debugToken: null,
  },
  {
    source: {
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      get: textStore(store).get,
      digest: sha256Hex,
      verify: manifestVerifier(new Map([["k", keys.publicKey]])),
      audience: "bench",
    },
    report: null,
    locator: null,
    headerLocation: null,
    zonePoint: timeZonePoint,
    pinKeys: null,
    metrics: edgeMetrics,
    now: Date.now,
    random: Math.random,
    accessLog: null,
    log: (line) => console.error(line),
  },
);
await edge.coldStart(null);
while (edge.state.serving === null) await edge.refresh();

/** The longest that the loop stood still while the edge took what is published, and what of it was processor time. */
async function stall(): Promise<{ ms: number; cpuMs: number }> {
  let longest = { ms: 0, cpuMs: 0 };
  let isOver = false;
  let last = performance.now();
  let cpu = process.threadCpuUsage();
  const turn = () => {
    const now = performance.now();
    const used = process.threadCpuUsage(cpu);
    if (now - last > longest.ms) longest = { ms: now - last, cpuMs: (used.user + used.system) / 1000 };
    last = performance.now();
    cpu = process.threadCpuUsage();
    if (!isOver) setImmediate(turn);
  };
  turn();
  await edge.refresh();
  isOver = true;
  if (edge.state.serving?.loaded.manifest.generation !== generation) throw new Error("it was not taken");
  return longest;
}

for (const [what, isChosen] of [
  ["one service changed", (index: number) => index === generation],
  ["every service changed", () => true],
] as const) {
  const stalls: { ms: number; cpuMs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    change(isChosen);
    await publish();
    global.gc?.();
    stalls.push(await stall());
  }
  const sorted = (of: "ms" | "cpuMs") => stalls.map((one) => one[of]).sort((a, b) => a - b);
  const at = (list: readonly number[], share: number) => (list[Math.floor((list.length - 1) * share)] ?? 0).toFixed(1);
  const [ms, cpuMs] = [sorted("ms"), sorted("cpuMs")];
  console.log(
    `${what.padEnd(24)}longest stall: best ${at(ms, 0)} ms, median ${at(ms, 0.5)} ms, worst ${at(ms, 1)} ms; its processor time: median ${at(cpuMs, 0.5)} ms, worst ${at(cpuMs, 1)} ms`,
  );
}
