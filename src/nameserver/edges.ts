/** Edges as what names lead to: the nearest one, by the same `decide` that chooses clusters. */
import { ASKS_NOTHING } from "../core/route-asks.ts";
import { type HealthView, healthView } from "../core/health/view.ts";
import type { Backend, Cluster, GeoPoint, HostRoutes, Origin, Route, Snapshot } from "../core/model.ts";
import { DEFAULT_POLICY } from "../core/steering/policy.ts";

/** An edge at addresses of its own. */
export interface NamedEdge {
  readonly name: string;
  readonly location: GeoPoint;
  readonly addresses: readonly string[];
}

const SERVICE = "portolan/edges/edge";
const HTTPS = 443;

/** The hosts of a snapshot, each leading to the nearest edge. */
export function edgeSnapshot({ hosts, locationOverrides }: Snapshot, edges: readonly NamedEdge[]): Snapshot {
  const clusters = edges.map(
    ({ name, location }): Cluster => ({
      name,
      provider: null,
      region: null,
      zone: null,
      location,
      residency: [],
      weight: 100,
      bias: 0,
      capacity: null,
      ramp: null,
      drainUntilMs: null,
      gateway: null,
      limits: null,
    }),
  );
  const backends = edges.map(({ name, addresses }): Backend => ({ cluster: name, origins: addresses.map(originAt) }));
  const led = hosts.map(
    (entry): HostRoutes => ({
      ...entry,
      routes: [EVERYTHING],
      services: [{ service: SERVICE, backends, healthCheck: null }],
      policy: DEFAULT_POLICY,
    }),
  );
  return { clusters, hosts: led, reservations: [], locationOverrides };
}

/** Health of edges: who is down, and why. */
export function edgeHealth(down: ReadonlyMap<string, string>): HealthView {
  return healthView(null, new Map(), down);
}

function originAt(address: string): Origin {
  return {
    connectHost: address,
    port: HTTPS,
    protocol: "https",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  };
}

const EVERYTHING: Route = {
  kind: "ingress",
  namespace: "portolan",
  name: "edges",
  createdMs: 0,
  path: { type: "Prefix", value: "/" },
  pathType: "Prefix",
  method: null,
  headers: [],
  query: [],
  backends: [{ service: SERVICE, weight: 1, clusters: null }],
  timeoutMs: 0,
  asks: ASKS_NOTHING,
};
