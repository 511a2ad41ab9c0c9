/** The shapes of what edges and control tell each other about health; total, like those of the snapshot. */
import type {
  BackendCounts,
  BackendVerdict,
  ClusterHealth,
  ClusterLoad,
  EdgeReport,
  HealthEvent,
  HealthOverlay,
  MeasuredRoundTrip,
  OriginHealth,
  PlaceTrips,
} from "../health/model.ts";
import type { Version } from "../model.ts";
import { integer, list, nullable, number, oneOf, orDefault, type Read, record, text, truth } from "./guard.ts";
import { LIMITS, readPoint } from "./shapes.ts";

const EVENT_KINDS = [
  "ejected",
  "returned",
  "probe-down",
  "probe-up",
  "distrusts-itself",
  "trusts-itself",
  "origin-down",
  "origin-up",
  "backend-down",
  "backend-up",
  "api-unreachable",
  "api-reachable",
  "moved",
  "published",
  "drained",
  "approved",
  "rolled-back",
  "dns-changed",
  "dns-held",
  "dns-failing",
  "dns-in-step",
] as const satisfies readonly HealthEvent["what"][];
const MAX_COST_US = 1_000_000_000;
const MANY = 2_000_000;
const SERVICES = 100_000;
const COUNTS = 2_400_000;

const name: Read<string> = text(253);

const readOriginHealth: Read<OriginHealth> = record<OriginHealth>({
  cluster: name,
  origin: text(600),
  verdict: oneOf("up", "down"),
  sinceMs: integer(),
  cause: text(),
});

const readVerdict: Read<BackendVerdict> = record<BackendVerdict>({
  cluster: name,
  service: text(600),
  verdict: oneOf("up", "down"),
  sinceMs: integer(),
  cause: text(),
});

const readEvent: Read<HealthEvent> = record<HealthEvent>({
  atMs: integer(),
  by: name,
  what: oneOf(...EVENT_KINDS),
  subject: text(900),
  cause: text(),
  sinceMs: nullable(integer()),
  move: nullable(record({ from: name, to: name, costUs: integer(-MAX_COST_US, MAX_COST_US) })),
});

const readLoad: Read<ClusterLoad> = record<ClusterLoad>({ cluster: name, perSecond: number(0, 1_000_000_000) });

const readCounts: Read<BackendCounts> = record<BackendCounts>({
  services: list(text(600), SERVICES),
  clusters: list(record({ cluster: name, counts: text(COUNTS) }), LIMITS.clusters),
});

export const readOverlay: Read<HealthOverlay> = record<HealthOverlay>({
  observedAtMs: integer(),
  validForMs: integer(),
  clusters: list(
    record<ClusterHealth>({
      cluster: name,
      api: oneOf("reachable", "unreachable"),
      sinceMs: integer(),
      cause: nullable(text()),
    }),
    LIMITS.clusters,
  ),
  backends: readCounts,
  origins: list(readOriginHealth, MANY),
  verdicts: orDefault(list(readVerdict, MANY), []),
  roundTrips: list(record<PlaceTrips>({ place: name, trips: text(COUNTS) }), SERVICES),
  offered: orDefault(list(readLoad, LIMITS.clusters), []),
  events: orDefault(list(readEvent, LIMITS.events), []),
  published: orDefault<Version | undefined>(record<Version>({ epoch: integer(), generation: integer() }), undefined),
});

export const readReport: Read<EdgeReport> = record<EdgeReport>({
  edge: name,
  place: nullable(readPoint),
  epoch: integer(),
  generation: integer(),
  hash: text(64),
  loadedAtMs: integer(),
  reportedAtMs: integer(),
  requests: integer(),
  origins: list(readOriginHealth, 100_000),
  verdicts: orDefault(list(readVerdict, 100_000), []),
  roundTrips: orDefault(
    list(
      record<MeasuredRoundTrip>({ cluster: name, us: integer(), samples: integer(), observedAtMs: integer() }),
      LIMITS.clusters,
    ),
    [],
  ),
  offered: orDefault(list(readLoad, LIMITS.clusters), []),
  events: orDefault(list(readEvent, LIMITS.events), []),
  distrustsItself: orDefault(truth, false),
});
