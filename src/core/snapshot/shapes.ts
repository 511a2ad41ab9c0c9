/** The shapes and limits of everything that travels through the store; checked by the publisher and by every edge. */
import type {
  Backend,
  Cluster,
  GeoPoint,
  HealthCheck,
  HostReservation,
  HostRoutes,
  LocationOverride,
  ObjectSource,
  Origin,
  Route,
  RouteAsks,
  ServiceBackends,
  ValueMatch,
  WeightedBackend,
} from "../model.ts";
import { flag, integer, list, nullable, number, oneOf, orDefault, type Read, record, text, truth } from "./guard.ts";
import { ASKS_NOTHING } from "../route-asks.ts";
import { readLimits, readPolicy, readRamp } from "./policy-shape.ts";

/** FM03: one set of limits on both sides, so that nothing is published that an edge cannot load. */
export const LIMITS = {
  hosts: 50_000,
  clusters: 1000,
  routesPerHost: 10_000,
  servicesPerHost: 10_000,
  originsPerBackend: 1000,
  cidrsPerOrigin: 1000,
  /** Nothing longer is parsed at once; what can be cut is cut long before (`pieces.ts`). */
  sliceCharacters: 1_048_576,
  slicesPerList: 2000,
  lists: 1000,
  events: 500,
} as const;

const name: Read<string> = text(253);
const port = integer(1, 65_535);

export const readPoint: Read<GeoPoint> = record<GeoPoint>({
  latitude: number(-90, 90),
  longitude: number(-180, 180),
});

const readOrigin: Read<Origin> = record<Origin>({
  connectHost: name,
  port,
  protocol: oneOf("http", "https"),
  serverName: nullable(name),
  ca: nullable(text(65_536)),
  host: name,
  allowedCidrs: list(text(64), LIMITS.cidrsPerOrigin),
  signed: flag,
});

const readCluster: Read<Cluster> = record<Cluster>({
  name,
  provider: nullable(name),
  region: nullable(name),
  zone: nullable(name),
  location: nullable(readPoint),
  residency: list(name, 100),
  weight: integer(0, 1000),
  bias: orDefault(integer(-99, 99), 0),
  capacity: orDefault(nullable(number(0, 1_000_000_000)), null),
  ramp: orDefault(nullable(readRamp), null),
  drainUntilMs: orDefault(nullable(integer()), null),
  limits: orDefault(nullable(readLimits), null),
  gateway: nullable(readOrigin),
});

const readValueMatch: Read<ValueMatch> = record<ValueMatch>({ name: text(256), value: text(4096) });

const readWeighted: Read<WeightedBackend> = record<WeightedBackend>({
  service: text(600),
  weight: integer(0, 1_000_000),
  clusters: nullable(list(name, LIMITS.clusters)),
});

const readRoute: Read<Route> = record<Route>({
  kind: oneOf("ingress", "httproute"),
  namespace: name,
  name,
  createdMs: integer(),
  path: record({ type: oneOf("Exact", "Prefix"), value: text(4096) }),
  pathType: nullable(text(40)),
  method: nullable(text(40)),
  headers: list(readValueMatch, 16),
  query: list(readValueMatch, 16),
  backends: list(readWeighted, 16),
  timeoutMs: integer(1, 86_400_000),
  asks: orDefault(record<RouteAsks>({ maxBodyBytes: nullable(integer(1)), httpsOnly: truth }), ASKS_NOTHING),
});

const readBackend: Read<Backend> = record<Backend>({
  cluster: name,
  origins: nullable(list(readOrigin, LIMITS.originsPerBackend)),
});

const readHealthCheck: Read<HealthCheck> = record<HealthCheck>({
  type: oneOf("http", "tcp", "tls"),
  path: text(1024),
  host: nullable(name),
  port: nullable(port),
  status: record({ from: integer(100, 599), to: integer(100, 599) }),
  body: nullable(text(1024)),
  intervalMs: integer(100, 3_600_000),
  timeoutMs: integer(10, 60_000),
  rise: integer(1, 10),
  fall: integer(1, 10),
});

const readService: Read<ServiceBackends> = record<ServiceBackends>({
  service: text(600),
  backends: list(readBackend, LIMITS.clusters),
  healthCheck: orDefault(nullable(readHealthCheck), null),
});

const readSource: Read<ObjectSource> = record<ObjectSource>({
  cluster: nullable(name),
  kind: text(64),
  namespace: name,
  name,
});

/** One host slice. */
export const readHostRoutes: Read<HostRoutes> = record<HostRoutes>({
  host: name,
  owner: name,
  routes: list(readRoute, LIMITS.routesPerHost),
  services: list(readService, LIMITS.servicesPerHost),
  policy: readPolicy,
  sources: list(readSource, 10_000),
});

/** The slice that every edge needs: clusters, and what is not about one host. */
export interface BaseSlice {
  readonly clusters: readonly Cluster[];
  readonly reservations: readonly HostReservation[];
  readonly locationOverrides: readonly LocationOverride[];
}

export const readBase: Read<BaseSlice> = record<BaseSlice>({
  clusters: list(readCluster, LIMITS.clusters),
  reservations: list(record<HostReservation>({ host: name, owner: name, releasedAtMs: integer() }), LIMITS.hosts),
  locationOverrides: list(
    record<LocationOverride>({ cidr: text(64), country: nullable(text(2)), location: nullable(readPoint) }),
    10_000,
  ),
});
