/**
 * How long users are sent to an endpoint that is gone: `node bench/endpoint-gone.ts [SERVICES] [ROUNDS]`, by default 1,000
 * services in each of three real clusters (test/real/kube), a control function that watches them, and one edge. Each round
 * takes one service's endpoints away in the nearest cluster and asks the edge until another cluster answers.
 */
import { collectionOf, create, endpointSlice, manifests } from "../test/real/kube/backend.ts";
import { whyNoClusters } from "../test/real/kube/clusters.ts";
import { address, startWorld, zoneOf } from "../test/real/kube/world.ts";

const [services = 1_000, rounds = 200] = process.argv.slice(2).map(Number);
const NEAREST = "europe-west1";
const AT_ONCE = 25;
const nameOf = (index: number) => `svc-${index}`;

if ((await whyNoClusters()) !== null) process.exit(1);
const world = await startWorld();
for (const cluster of world.real.clusters) {
  for (let from = 0; from < services; from += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, services - from) }, (_, index) => nameOf(from + index));
    await Promise.all(names.map((name) => create(cluster, manifests(name, cluster.data.addresses))));
  }
}
const control = await world.control();
const edge = await world.edge("frankfurt", address(control, "store"));
const europe = world.real.cluster(NEAREST);

async function until(host: string, isIt: (zone: string) => boolean): Promise<void> {
  while (!isIt(await zoneOf(edge, host))) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function put(name: string, addresses: readonly string[]): Promise<void> {
  const answer = await europe.client.replace(`${collectionOf("EndpointSlice")}/${name}-1`, {
    ...endpointSlice(name, addresses),
  });
  if (!answer.ok) throw new Error(`Cannot change ${name}: ${answer.cause}`);
}

const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  const name = nameOf((round * 37) % services);
  const host = `${name}.example.org`;
  await until(host, (zone) => zone === NEAREST);
  await put(name, []);
  const goneMs = performance.now();
  await until(host, (zone) => zone !== NEAREST);
  times.push(performance.now() - goneMs);
  await put(name, europe.data.addresses);
}
times.sort((a, b) => a - b);
const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
console.log(
  `endpoint gone → routed away, ${services} services × 3 clusters, ${rounds} rounds: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`,
);
await edge.close();
await control.close();
await world.close();
