/** A compile that remembers gives what a compile that knows nothing gives, whatever happened in between. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { compile, compiler } from "../../../src/core/compile/compile.ts";
import { RESERVATION_MS } from "../../../src/core/compile/ownership.ts";
import type { Snapshot } from "../../../src/core/model.ts";
import type { KubeObjects, ObjectMeta, Observation } from "../../../src/core/objects.ts";
import { canonicalJson } from "../../../src/core/snapshot/canonical.ts";
import { NO_SETTINGS } from "../../../src/core/steering/settings.ts";
import * as build from "../../build/objects.ts";

type List = keyof KubeObjects;
type AnyObject = KubeObjects[List][number];

const SOURCES = [null, "a", "b", "c"] as const;
// Few names, so that changes meet: an object that nobody else knows of shows nothing.
const NAMESPACES = ["n1", "n1", "n1", "n2"];
const NAMES = ["s", "s", "t"];
const HOSTS = ["one.example.org", "two.example.org", "*.example.org", "", "not a host"];
const ADDRESSES = ["192.0.2.1", "198.51.100.7", "10.0.0.1", "127.0.0.1", "169.254.169.254", "2001:db8::1"];

/** Puts an object where there may be one already, or takes it away. */
interface Change {
  readonly source: (typeof SOURCES)[number];
  readonly list: List;
  readonly object: AnyObject;
  readonly isGone: boolean;
}

const named = fc.record({ name: fc.constantFrom(...NAMES), namespace: fc.constantFrom(...NAMESPACES) });
const backend = fc.record({ service: fc.constantFrom(...NAMES), port: fc.constantFrom("80", "80", "web") });
const path = fc.record({
  path: fc.constantFrom("/", "/x", "/x/y", "/*", "/a/../b"),
  pathType: fc.constantFrom("Exact" as const, "Prefix" as const, "ImplementationSpecific" as const),
  backend,
});
const annotations = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { "portolan.dev/adopt": "true" },
  { "portolan.dev/steering": "round-robin" },
  { "portolan.dev/steering": "failover", "portolan.dev/failover": "a b" },
);

const ingress = fc
  .record({
    named,
    createdMs: fc.nat(2),
    annotations,
    className: fc.constantFrom(null, "ours", "theirs"),
    rules: fc.array(fc.record({ host: fc.constantFrom(...HOSTS), paths: fc.array(path, { maxLength: 2 }) }), {
      maxLength: 2,
    }),
    defaultBackend: fc.option(backend, { freq: 4 }),
    tls: fc.constantFrom([], [{ hosts: [], secretName: null }]),
    address: fc.constantFrom(null, ...ADDRESSES),
  })
  .map(({ named: { name, namespace }, createdMs, annotations: words, address, ...more }) =>
    build.ingress(name, {
      meta: { namespace, createdMs, annotations: words },
      loadBalancer: address === null ? [] : [{ ip: address, hostname: null }],
      ...more,
    }),
  );

const service = fc
  .record({
    named,
    type: fc.constantFrom("ClusterIP", "ClusterIP", "LoadBalancer", "NodePort", "NodePort", "ExternalName"),
    port: fc.constantFrom<readonly [string | null, number]>([null, 80], [null, 80], ["web", 80], ["https", 443]),
    address: fc.constantFrom(null, null, ...ADDRESSES),
    annotations: fc.constantFrom({}, {}, { "portolan.dev/health-check": "tcp" }),
  })
  .map(({ named: { name, namespace }, type, port, address, annotations: words }) => ({
    ...build.service(name, { type, loadBalancer: address === null ? [] : [{ ip: address, hostname: null }] }),
    meta: build.meta("Service", name, { namespace, annotations: words }),
    ports: [{ name: port[0], port: port[1], targetPort: "8080", protocol: "TCP", appProtocol: null, nodePort: 30_080 }],
  }));

const slice = fc
  .record({
    named,
    service: fc.constantFrom(...NAMES, ...NAMES, null),
    port: fc.constantFrom(null, null, "web"),
    endpoints: fc.array(fc.record({ address: fc.constantFrom(...ADDRESSES), ready: fc.boolean() }), { maxLength: 2 }),
  })
  .map(({ named: { name, namespace }, service: of, port, endpoints }) => ({
    meta: build.meta("EndpointSlice", name, { namespace }),
    service: of,
    ports: [{ name: port, port: 8080 }],
    endpoints: endpoints.map(({ address, ready }) => ({ addresses: [address], ready, zone: null })),
  }));

const cluster = fc
  .record({ name: fc.constantFrom("a", "b", "c"), weight: fc.constantFrom(0, 100), hasGateway: fc.boolean() })
  .map(({ name, weight, hasGateway }) => build.cluster(name, { weight, ...(hasGateway ? {} : { gateway: null }) }));

const claim = fc
  .record({ host: fc.constantFrom(...HOSTS), owner: fc.constantFrom(...NAMESPACES), in: fc.constantFrom([], ["a"]) })
  .map((one) => build.hostClaim("claim", [one.host], [one.owner], one.in));

const policy = fc
  .record({
    name: fc.constantFrom("p", "q"),
    hosts: fc.constantFrom([], ["one.example.org"]),
    cluster: fc.constant("z"),
  })
  .map(({ name, hosts, cluster: of }) => ({
    meta: build.meta("TrafficPolicy", name),
    hosts,
    steering: {
      ...NO_SETTINGS,
      clusters: [{ cluster: of, weight: 1, bias: null, ramp: null, drainUntilMs: null }],
    },
    healthCheck: null,
    clientLocations: [],
  }));

const classes = fc
  .record({ name: fc.constantFrom("ours", "theirs"), isOurs: fc.boolean() })
  .map(({ name, isOurs }) => build.ingressClass(name, isOurs ? "portolan.dev/edge" : "example.org/other"));

const node = fc
  .record({
    name: fc.constantFrom("x", "y"),
    isReady: fc.boolean(),
    address: fc.constantFrom("192.0.2.50", "192.0.2.51"),
  })
  .map(({ name, isReady, address }) => ({
    meta: build.meta("Node", name, { namespace: "" }),
    providerId: null,
    isReady,
    external: [{ ip: address, hostname: null }],
  }));

function changeOf(list: List, object: fc.Arbitrary<AnyObject>, isOfConfig = false): fc.Arbitrary<Change> {
  const source = isOfConfig ? fc.constant(null) : fc.constantFrom(...SOURCES);
  return fc.record({ source, list: fc.constant(list), object, isGone: fc.boolean() });
}

const change = fc.oneof(
  { weight: 6, arbitrary: changeOf("ingresses", ingress) },
  { weight: 6, arbitrary: changeOf("endpointSlices", slice) },
  { weight: 4, arbitrary: changeOf("services", service) },
  { weight: 2, arbitrary: changeOf("nodes", node) },
  { weight: 1, arbitrary: changeOf("ingressClasses", classes) },
  { weight: 1, arbitrary: changeOf("clusters", cluster, true) },
  { weight: 1, arbitrary: changeOf("hostClaims", claim, true) },
  { weight: 1, arbitrary: changeOf("trafficPolicies", policy, true) },
);

/** Several changes between two compiles, some time, and whether what came out is served. */
const step = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  afterMs: fc.constantFrom(0, 1000, RESERVATION_MS),
  isServed: fc.boolean(),
  allowPrivateOrigins: fc.constantFrom(true, true, true, false),
});

function world(): { apply(change: Change): void; observe(source: string | null): Observation } {
  const inNamespace = { namespace: "n1" };
  const services = [build.service("s", inNamespace), build.service("t", inNamespace)];
  const endpointSlices = ["s", "t"].map((name) => ({
    ...build.slice(name, ["192.0.2.1"]),
    meta: build.meta("EndpointSlice", name, inNamespace),
  }));
  const clusters = ["a", "b", "c"].map((name) => build.cluster(name, { gateway: null }));
  const rules = [build.rule("one.example.org", "/", "s"), build.rule("two.example.org", "/", "t")];
  const member = build.objects({ services, endpointSlices });
  const held = new Map<string | null, KubeObjects>(SOURCES.map((source) => [source, member]));
  held.set(null, build.objects({ clusters, ingresses: [build.ingress("s", { meta: inNamespace, rules })] }));
  const byName = ({ meta: a }: { meta: ObjectMeta }, { meta: b }: { meta: ObjectMeta }) =>
    a.namespace !== b.namespace ? (a.namespace < b.namespace ? -1 : 1) : a.name < b.name ? -1 : 1;
  return {
    apply({ source, list, object, isGone }) {
      const objects = held.get(source) ?? build.objects();
      const others = objects[list].filter(
        ({ meta }) => meta.namespace !== object.meta.namespace || meta.name !== object.meta.name,
      );
      // As a reader does: the other objects stay the same ones, in a list of their own.
      held.set(source, { ...objects, [list]: [...others, ...(isGone ? [] : [object])].sort(byName) });
    },
    observe: (source) => build.observation(source, held.get(source), { claimClassless: source !== "c" }),
  };
}

it("compiler() gives what compile() gives, after any sequence of changes", () => {
  let published = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const { apply, observe } = world();
      const remembering = compiler();
      let previous: Snapshot | null = null;
      let nowMs = 0;
      const served = { changes: [], afterMs: 0, isServed: true, allowPrivateOrigins: true };
      for (const { changes, afterMs, isServed, allowPrivateOrigins } of [served, ...steps]) {
        for (const one of changes) apply(one);
        nowMs += afterMs;
        const clusters = SOURCES.filter((source) => source !== null).map(observe);
        const input = { config: observe(null), clusters, previous, allowPrivateOrigins, nowMs };
        const result = remembering(input);
        expect(canonicalJson(result)).toBe(canonicalJson(compile(input)));
        published += result.snapshot.hosts.length;
        if (isServed) ({ snapshot: previous } = result);
      }
    }),
    { numRuns: Number(process.env["PORTOLAN_RUNS"] ?? "500") },
  );
  // Of worlds without hosts nothing could be wrong.
  expect(published).toBeGreaterThan(1000);
});
