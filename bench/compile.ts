/**
 * How long control takes: `node bench/compile.ts [HOSTS] [CLUSTERS] [PRESENT]`, by default 10,000 hosts over 50 clusters
 * with every Service in each of them. A full compile; then a whole reconcile (compile, slices, manifest, signature, the
 * edge's loader as a dry run; a store in memory) of everything, and after one change.
 */
import { newControlState, reconcile } from "../src/control/reconcile.ts";
import { compile } from "../src/core/compile/compile.ts";
import type { KubeObjects, Observation } from "../src/core/objects.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import type { Store } from "../src/store/store.ts";
import { memoryStore } from "../src/store/memory.ts";
import { sha256HexOnNode } from "../src/store/sha256-node.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../src/store/signature.ts";
import { ingress, slice, wideWorld } from "./wide-world.ts";

const [hosts = 10_000, clusters = 50, present = clusters] = process.argv.slice(2).map(Number);
const CHANGES = 20;
const { config, members } = wideWorld(hosts, clusters, present);

/** On a machine that does other things as well, time on the processor says more. */
async function timed<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number; cpuMs: number }> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
}

function say(what: string, times: readonly { ms: number; cpuMs: number }[]): void {
  const at = (share: number, of: "ms" | "cpuMs") => {
    const sorted = times.map((one) => one[of]).sort((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0).padStart(6);
  };
  console.log(
    `${what.padEnd(48)}best ${at(0, "ms")} ms, median ${at(0.5, "ms")} ms, worst ${at(1, "ms")} ms${times[0]?.cpuMs === 0 ? "" : `; processor, median ${at(0.5, "cpuMs")} ms`}`,
  );
}

console.log(`${hosts} hosts, ${clusters} clusters, each service in ${present} of them`);
const full = [];
for (let round = 0; round < 3; round++) {
  const input = { config, clusters: members, previous: null, allowPrivateOrigins: true, nowMs: 0 };
  full.push(await timed(() => compile(input)));
}
say("full compile", full);
full.splice(0);

const said: Observation[] = [config, ...members];
const readers = said.map(
  ({ cluster }, index): ObjectReader => ({
    cluster,
    start: () => Promise.resolve(),
    observe: () => said[index] ?? config,
    onChange: () => undefined,
    close: () => Promise.resolve(),
  }),
);
const [configReader, ...memberReaders] = readers;
if (configReader === undefined) throw new Error("no config source");
const memory = memoryStore();
let publishedAtMs = 0;
const store: Store = {
  ...memory,
  async put(key, value, condition) {
    const version = await memory.put(key, value, condition);
    // From here on edges have it: what follows is the dry run, and the tidying of old generations.
    if (key === "manifest") publishedAtMs = performance.now();
    return version;
  },
};
const keys = await generateSigningKeys();
const deps = {
  store,
  config: configReader,
  clusters: () => memberReaders,
  digest: sha256HexOnNode,
  sign: manifestSigner("k", keys.privateKey),
  verify: manifestVerifier(new Map([["k", keys.publicKey]])),
  // Half a minute between two: each of them also writes down what the sources said.
  now: () => 1_800_000_000_000,
};
const state = newControlState(store);
const run = () => reconcile(deps, state, { audience: "bench", allowPrivateOrigins: true });
const firstStartedMs = performance.now();
const first = await timed(run);
say("first reconcile, published", [{ ms: publishedAtMs - firstStartedMs, cpuMs: 0 }]);
say(`first reconcile (${first.result.outcome})`, [first]);

/** Puts other lists into what a source says. */
function change(index: number, objects: (held: KubeObjects) => Partial<KubeObjects>): void {
  const before = said[index];
  if (before !== undefined) said[index] = { ...before, objects: { ...before.objects, ...objects(before.objects) } };
}

async function measure(what: string, changeOne: (round: number) => void): Promise<void> {
  const times = [];
  const published = [];
  for (let round = 0; round < CHANGES; round++) {
    changeOne(round);
    const startedMs = performance.now();
    const time = await timed(run);
    published.push({ ms: publishedAtMs - startedMs, cpuMs: 0 });
    if (time.result.outcome !== "published") throw new Error(`nothing was published: ${time.result.outcome}`);
    times.push(time);
  }
  say(`${what}, published`, published);
  say(`${what}, all of it`, times);
}

await measure("reconcile after one EndpointSlice", (round) =>
  change(1, ({ endpointSlices }) => ({
    endpointSlices: endpointSlices.map((one, at) => (at === round ? { ...slice(99, round), meta: one.meta } : one)),
  })),
);
await measure("reconcile after one Ingress", (round) =>
  change(0, ({ ingresses }) => {
    const one = ingress(round);
    const rules = one.rules.map((rule) => ({ ...rule, paths: rule.paths.map((path) => ({ ...path, path: "/new" })) }));
    return { ingresses: ingresses.map((held, at) => (at === round ? { ...one, rules } : held)) };
  }),
);
await measure("reconcile after one more Ingress", (round) =>
  change(0, ({ ingresses }) => {
    const more = ingress(round);
    const rules = more.rules.map((rule) => ({ ...rule, host: `more-${round}.example.org` }));
    const meta = { ...more.meta, name: `zzz-${round}` };
    return { ingresses: [...ingresses, { ...more, meta, rules }] };
  }),
);
