/** A snapshot, its health and requests, drawn from a seed. */
import { packCounts } from "../../../src/core/snapshot/backend-counts.ts";
import { packTrips } from "../../../src/core/snapshot/round-trips.ts";
import type { HealthOverlay } from "../../../src/core/health/model.ts";
import type { Cluster, HostRoutes, Origin, Route, Snapshot } from "../../../src/core/model.ts";
import { DEFAULT_POLICY, type SteeringPolicy } from "../../../src/core/steering/policy.ts";
import type { DecisionInput } from "./hash.ts";

export interface WorldSize {
  readonly seed: number;
  readonly hosts: number;
  readonly clusters: number;
  readonly requests: number;
}

const NOW_MS = 1_764_000_000_000;

/** xorshift32: the same numbers everywhere. */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

export function randomWorld(size: WorldSize): DecisionInput {
  const draw = random(size.seed);
  const whole = (limit: number) => Math.floor(draw() * limit);
  const point = () => ({ latitude: whole(1600) / 10 - 80, longitude: whole(3600) / 10 - 180 });
  const clusters = Array.from({ length: size.clusters }, (_, index): Cluster => clusterAt(index, point(), whole(10)));
  const hosts = Array.from({ length: size.hosts }, (_, index): HostRoutes => {
    const name = index % 20 === 0 ? `*.wild${index}.example.org` : `h${index}.example.org`;
    const holders = clusters.filter(() => draw() < 0.3).map((one) => one.name);
    return hostRoutes(name, holders, policyAt(index, holders));
  });
  const snapshot: Snapshot = { clusters, hosts, reservations: [], locationOverrides: [] };
  const overlay: HealthOverlay = {
    observedAtMs: NOW_MS,
    validForMs: 60_000,
    clusters: [],
    backends: packCounts(
      hosts.flatMap((host) =>
        host.services.flatMap(({ service, backends }) =>
          backends.map(({ cluster }) => ({ cluster, service, ready: whole(4), total: 3 })),
        ),
      ),
    ),
    origins: [],
    roundTrips: packTrips(
      clusters
        .filter(() => draw() < 0.5)
        .map(({ name }) => ({
          place: "suite",
          cluster: name,
          us: 1000 + whole(300_000),
          samples: 1 + whole(6),
          observedAtMs: NOW_MS,
          basis: "measured",
        })),
    ),
    verdicts: [],
    offered: [],
    events: [],
  };
  const requests = Array.from({ length: size.requests }, () => {
    const index = whole(size.hosts + 20);
    const host = index % 20 === 0 ? `x.wild${index}.example.org` : `h${index}.example.org`;
    const target = ["/", "/cart", "/cart/1/2", "/api/v1?q=1", "/a/../api", "/%zz"][whole(6)] ?? "/";
    const client = `${1 + whole(220)}.${whole(256)}.${whole(256)}.${whole(256)}`;
    return { facts: { method: "GET", host, target, headers: [] }, client, ...point() };
  });
  return { snapshot, overlay, requests };
}

function clusterAt(index: number, location: Cluster["location"], weight: number): Cluster {
  const gateway: Origin = {
    connectHost: `c${index}.origin.example.org`,
    port: 443,
    protocol: "https",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  };
  return {
    name: `c${String(index).padStart(3, "0")}`,
    provider: null,
    region: null,
    zone: null,
    location: index % 13 === 0 ? null : location,
    residency: index % 3 === 0 ? ["eu"] : [],
    weight: weight * 10,
    bias: index % 5 === 0 ? (index % 2 === 0 ? 40 : -40) : 0,
    capacity: index % 7 === 0 ? 100 : null,
    ramp: index % 11 === 0 ? { startMs: NOW_MS - 20_000, durationMs: 60_000, fromPercent: 10 } : null,
    drainUntilMs: null,
    limits: null,
    gateway,
  };
}

/** Every policy and everything that goes with one, so that no branch is left out. */
function policyAt(index: number, holders: readonly string[]): SteeringPolicy {
  const [first = "c000", second = "c001"] = holders;
  const methods: readonly SteeringPolicy["method"][] = [
    { type: "nearest" },
    { type: "weighted" },
    { type: "least-latency" },
    { type: "failover", tiers: [[second], [first]] },
    {
      type: "geolocation",
      rules: [
        { from: ["16.0.0.0/4"], clusters: [first] },
        { from: ["*"], clusters: [second] },
      ],
    },
  ];
  return {
    ...DEFAULT_POLICY,
    method: methods[index % methods.length] ?? { type: "nearest" },
    spill: { overProvisioning: 1.4, byReadiness: index % 4 === 0 },
    canary: index % 6 === 0 ? { clusters: [first], percent: 30, header: null, cookie: null } : null,
    residency:
      index % 9 === 0
        ? { rules: [{ from: [], within: ["eu"] }], unknownAs: "strictest", onNoCluster: "reject", status: 451 }
        : null,
    affinity: index % 2 === 0 ? { type: "cookie", ttlMs: 60_000 } : null,
  };
}

function hostRoutes(host: string, holders: readonly string[], policy: SteeringPolicy): HostRoutes {
  const service = "default/shop/80";
  const route = (type: "Exact" | "Prefix", value: string): Route => ({
    kind: "ingress",
    namespace: "default",
    name: "shop",
    createdMs: 0,
    path: { type, value },
    pathType: type,
    method: null,
    headers: [],
    query: [],
    backends: [{ service, weight: 1, clusters: null }],
    timeoutMs: 15_000,
    asks: { maxBodyBytes: null, httpsOnly: false },
  });
  return {
    host,
    owner: "default",
    routes: [route("Exact", "/cart"), route("Prefix", "/cart"), route("Prefix", "/api")],
    services: [{ service, backends: holders.map((cluster) => ({ cluster, origins: null })), healthCheck: null }],
    policy,
    sources: [],
  };
}
