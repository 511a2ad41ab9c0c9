/** A federation of one host for tests of steering: what the assertion is about has to be said, nothing else. */
import { healthView, type HealthView, originKey } from "../../src/core/health/view.ts";
import type { Circumstances, Decision } from "../../src/core/decision.ts";
import type { BackendHealth, HealthOverlay, OriginHealth, RoundTrip } from "../../src/core/health/model.ts";
import type { Cluster, GeoPoint, HostRoutes, Origin, Snapshot } from "../../src/core/model.ts";
import { packCounts } from "../../src/core/snapshot/backend-counts.ts";
import { packTrips } from "../../src/core/snapshot/round-trips.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { buildRoutingTable, type RoutingTable } from "../../src/core/routing-table.ts";
import { DEFAULT_POLICY, type SteeringPolicy } from "../../src/core/steering/policy.ts";
import { circumstancesAt, request } from "./world.ts";

export const HOST = "shop.example.org";
export const SERVICE = "default/shop/80";
export const toShop: ReturnType<typeof request> = request(HOST, "/cart");

export function modelCluster(name: string, more: Partial<Cluster> = {}): Cluster {
  return {
    name,
    provider: null,
    region: null,
    zone: null,
    location: null,
    residency: [],
    weight: 100,
    bias: 0,
    capacity: null,
    ramp: null,
    drainUntilMs: null,
    limits: null,
    gateway: originOf(name),
    ...more,
  };
}

export function originOf(name: string): Origin {
  return {
    connectHost: `${name}.origin.example.org`,
    port: 443,
    protocol: "https",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  };
}

export function hostRoutes(clusters: readonly Cluster[], policy: Partial<SteeringPolicy>): HostRoutes {
  return {
    host: HOST,
    owner: "default",
    routes: [
      {
        kind: "ingress",
        namespace: "default",
        name: "shop",
        createdMs: 0,
        path: { type: "Prefix", value: "/" },
        pathType: "Prefix",
        method: null,
        headers: [],
        query: [],
        backends: [{ service: SERVICE, weight: 1, clusters: null }],
        timeoutMs: 15_000,
        asks: { maxBodyBytes: null, httpsOnly: false },
      },
    ],
    services: [
      { service: SERVICE, backends: clusters.map(({ name }) => ({ cluster: name, origins: null })), healthCheck: null },
    ],
    policy: { ...DEFAULT_POLICY, ...policy },
    sources: [],
  };
}

export function snapshotOf(clusters: readonly Cluster[], policy: Partial<SteeringPolicy> = {}): Snapshot {
  return { clusters, hosts: [hostRoutes(clusters, policy)], reservations: [], locationOverrides: [] };
}

export function tableOf(clusters: readonly Cluster[], policy: Partial<SteeringPolicy> = {}): RoutingTable {
  return buildRoutingTable(snapshotOf(clusters, policy), allPolicies);
}

export interface HealthParts {
  readonly ready?: Readonly<Record<string, readonly [ready: number, total: number]>>;
  /** Clusters whose origin is down, or came back at that time. */
  readonly down?: readonly string[];
  readonly upSince?: Readonly<Record<string, number>>;
  readonly trips?: readonly RoundTrip[];
  readonly ejected?: readonly string[];
  readonly expiresAtMs?: number;
}

export function healthOf(parts: HealthParts = {}): HealthView {
  const { ready = {}, down = [], upSince = {}, trips = [], ejected = [], expiresAtMs = 1_000_000 } = parts;
  const backends = Object.entries(ready).map(
    ([cluster, [n, total]]): BackendHealth => ({ cluster, service: SERVICE, ready: n, total }),
  );
  const verdict = (cluster: string, up: number | null): OriginHealth => ({
    cluster,
    origin: originKey(cluster, originOf(cluster)),
    verdict: up === null ? "down" : "up",
    sinceMs: up ?? 0,
    cause: "test",
  });
  const origins = [
    ...down.map((name) => verdict(name, null)),
    ...Object.entries(upSince).map(([name, since]) => verdict(name, since)),
  ];
  const overlay: HealthOverlay = {
    observedAtMs: 0,
    validForMs: expiresAtMs,
    clusters: [],
    backends: packCounts(backends),
    origins,
    verdicts: [],
    roundTrips: packTrips(trips),
    offered: [],
    events: [],
  };
  const ejection = { sinceMs: 0, untilMs: expiresAtMs, count: 1, cause: "refused ×3" };
  return healthView(overlay, new Map(ejected.map((name) => [originKey(name, originOf(name)), ejection])));
}

/** A client by its number, with its country when that matters, at a place. */
export function client(
  number: number,
  {
    point = null,
    country = null,
    anonymous = false,
    ...more
  }: Partial<Circumstances> & {
    readonly point?: GeoPoint | null;
    readonly country?: string | null;
    readonly anonymous?: boolean;
  } = {},
): Circumstances {
  const base = circumstancesAt(point, more);
  const address = `203.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  return {
    ...base,
    client: { address, class: "public", location: { ...base.client.location, country, anonymous } },
  };
}

export function clustersOf(decision: Decision): string[] {
  if (decision.action !== "forward") throw new Error(`not forwarded: ${JSON.stringify(decision)}`);
  return decision.candidates.map((candidate) => candidate.cluster);
}

export function firstOf(decision: Decision): string {
  return clustersOf(decision)[0] ?? "";
}
