/**
 * How long control takes to compile: `node bench/compile.ts [HOSTS] [CLUSTERS] [PRESENT]`, by default 10,000 hosts over
 * 50 clusters with every Service in each of them. A full compile, then one after one endpoint has changed.
 */
import { compile } from "../src/core/compile/compile.ts";
import type {
  EndpointSliceObject,
  IngressObject,
  KubeObjects,
  Observation,
  ServiceObject,
} from "../src/core/objects.ts";
import { kubeObjects } from "../src/kube/kinds.ts";

const [hosts = 10_000, clusters = 50, present = clusters] = process.argv.slice(2).map(Number);
const NAMESPACES = 100;

const meta = (kind: string, namespace: string, name: string) => ({
  kind,
  apiVersion: "v1",
  namespace,
  name,
  uid: null,
  resourceVersion: null,
  createdMs: 0,
  annotations: {},
  labels: {},
  position: null,
});

function observation(cluster: string | null, objects: KubeObjects): Observation {
  const common = { reachable: true, complete: true, observedAtMs: 0, error: null, problems: [], claimClassless: true };
  return { cluster, objects, deleted: new Set(), ...common };
}

const namespaceOf = (index: number) => `team-${index % NAMESPACES}`;

function ingress(index: number): IngressObject {
  const path = { path: "/", pathType: "Prefix" as const, backend: { service: `shop-${index}`, port: "80" } };
  const rules = [{ host: `shop-${index}.example.org`, paths: [path] }];
  const common = { className: null, defaultBackend: null, tls: [], loadBalancer: [] };
  return { meta: meta("Ingress", namespaceOf(index), `shop-${index}`), rules, ...common };
}

function service(index: number): ServiceObject {
  const ports = [{ name: null, port: 80, targetPort: "8080", protocol: "TCP", appProtocol: null }];
  return {
    meta: meta("Service", namespaceOf(index), `shop-${index}`),
    type: "ClusterIP",
    headless: false,
    ports,
    loadBalancer: [],
  };
}

function slice(cluster: number, index: number, ready = true): EndpointSliceObject {
  const addresses = [`198.51.100.${1 + (cluster % 250)}`];
  return {
    meta: meta("EndpointSlice", namespaceOf(index), `shop-${index}-a`),
    service: `shop-${index}`,
    ports: [{ name: null, port: 8080 }],
    endpoints: [{ addresses, ready, zone: null, hostname: null }],
  };
}

const none = kubeObjects([]);
const indices = Array.from({ length: hosts }, (_, index) => index);
const names = Array.from({ length: clusters }, (_, index) => `c${index}`);
const config = observation(null, {
  ...none,
  ingresses: indices.map(ingress),
  clusters: names.map((name, index) => ({
    meta: meta("Cluster", "", name),
    provider: null,
    region: null,
    zone: null,
    location: { latitude: (index % 120) - 60, longitude: ((index * 37) % 340) - 170 },
    residency: [],
    weight: 100,
    bias: 0,
    capacity: null,
    ramp: null,
    drain: null,
    limits: null,
    gateway: null,
    originCidrs: [],
    access: null,
  })),
});
const members = names.map((name, cluster) => {
  const held = indices.filter((index) => (index + cluster) % clusters < present);
  const objects = { ...none, services: held.map(service), endpointSlices: held.map((index) => slice(cluster, index)) };
  return observation(name, objects);
});

let previous: ReturnType<typeof compile>["snapshot"] | null = null;
function timed(what: string, clusters: readonly Observation[]): void {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const result = compile({ config, clusters, previous, allowPrivateOrigins: true, nowMs: 0 });
  const ms = performance.now() - startedMs;
  // On a machine that does other things as well, time on the processor says more.
  const { user, system } = process.cpuUsage(cpu);
  previous = result.snapshot;
  console.log(
    `${what.padEnd(34)}${ms.toFixed(0).padStart(6)} ms, ${((user + system) / 1000).toFixed(0).padStart(6)} ms of CPU  ${result.snapshot.hosts.length} hosts, ${result.backends.length} backends`,
  );
}

console.log(`${hosts} hosts, ${clusters} clusters, each service in ${present} of them`);
for (let round = 0; round < 3; round++) timed("full", members);
for (let round = 0; round < 5; round++) {
  const [first, ...others] = members;
  if (first === undefined) break;
  const endpointSlices = first.objects.endpointSlices.map((one, at) => (at === round ? slice(0, round, false) : one));
  timed("one endpoint of one cluster changed", [
    { ...first, objects: { ...first.objects, endpointSlices } },
    ...others,
  ]);
}
