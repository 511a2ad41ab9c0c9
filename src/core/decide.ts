/**
 * ★ The decision: from a request to ordered candidates, with the reason for each candidate and each exclusion.
 * Pure: same table, health, request and circumstances, same decision, on every runtime (DESIGN.md rule 11).
 */
import { type Availability, judgeCandidates } from "./candidates.ts";
import type { HealthView } from "./health/view.ts";
import { matchHost, matchRoute } from "./match-route.ts";
import type {
  Candidate,
  Circumstances,
  Decision,
  RejectDecision,
  RequestFacts,
  Route,
  RouteRef,
  WeightedBackend,
} from "./model.ts";
import { canonicalHost } from "./request/host.ts";
import { canonicalTarget } from "./request/path.ts";
import type { HostTable, RoutingTable } from "./routing-table.ts";
import { steer } from "./steering/steer.ts";

/** Below this share of a host's weight, health is doubted (DESIGN.md). */
const PANIC_SHARE = 0.5;

/** Decides one request. Never throws. */
export function decide(
  table: RoutingTable,
  health: HealthView,
  request: RequestFacts,
  circumstances: Circumstances,
): Decision {
  const host = canonicalHost(request.host);
  if (!host.ok) return reject(400, "bad-host", host.reason);
  const target = canonicalTarget(request.target);
  if (!target.ok) return reject(400, "bad-path", target.reason);
  const forwardPath = target.path + target.query;
  const matched = matchHost(table, host.host);
  if (matched === null) return { ...reject(404, "unknown-host", `no rule is for the host ${host.host}`), forwardPath };
  const route = matchRoute(matched.paths, target.path, target.query, request);
  if (route === null) {
    return { ...reject(404, "no-route", `no path of ${matched.table.entry.host} matches`), forwardPath };
  }
  const choice = chooseBackend(table, matched.table, route, health, circumstances);
  if (choice === null) return { ...reject(503, "no-backend", "the rule names no backend"), forwardPath };
  const routeRef = refer(matched.table, route, choice.wanted);
  const { availability } = choice;
  const panic = availability.availableWeight < availability.weight * PANIC_SHARE;
  const candidates = order(matched.table, availability, panic, clientKey(host.host, circumstances));
  if (candidates.length === 0) {
    const rejected = reject(503, "no-backend", "no cluster may take the request");
    return { ...rejected, route: routeRef, forwardPath, excluded: availability.excluded };
  }
  return {
    action: "forward",
    route: routeRef,
    host: host.host,
    forwardPath,
    timeoutMs: route.timeoutMs,
    candidates,
    excluded: panic
      ? availability.excluded.filter((one) => !isDoubtful(availability, one.cluster))
      : availability.excluded,
    panic,
    vantage: circumstances.vantage,
    setPin: null,
  };
}

/** The same for all requests of a client. Without an address nobody can be told from anybody: the seed spreads them. */
function clientKey(host: string, { client, seed }: Circumstances): string {
  return client.address ?? `${host}|${seed}`;
}

/**
 * The available first, in the policy's order; in a panic the doubtful follow in the same order, as the last resort.
 * A healthy candidate is never passed over for a doubtful one, so a panic cannot break rule 1.
 */
function order(table: HostTable, availability: Availability, panic: boolean, clientKey: string): Candidate[] {
  const healthy = steer(availability.available, table.entry.policy, clientKey);
  return panic ? [...healthy, ...steer(availability.doubtful, table.entry.policy, clientKey)] : healthy;
}

function isDoubtful(availability: Availability, cluster: string): boolean {
  return availability.doubtful.some((candidate) => candidate.cluster === cluster);
}

interface Choice {
  readonly wanted: WeightedBackend;
  readonly availability: Availability;
}

/** Filter by availability first, weigh second (rule 8): a dead backend's share is spread over the living. */
function chooseBackend(
  table: RoutingTable,
  host: HostTable,
  route: Route,
  health: HealthView,
  circumstances: Circumstances,
): Choice | null {
  const choices: Choice[] = route.backends
    .filter((wanted) => wanted.weight > 0)
    .map((wanted) => ({ wanted, availability: judgeCandidates(table, host, wanted, health, circumstances) }));
  if (choices.length < 2) return choices[0] ?? null;
  const alive = choices.filter((choice) => choice.availability.available.length > 0);
  const pool = alive.length > 0 ? alive : choices;
  const total = pool.reduce((sum, choice) => sum + choice.wanted.weight, 0);
  let point = (circumstances.seed >>> 0) % total;
  for (const choice of pool) {
    point -= choice.wanted.weight;
    if (point < 0) return choice;
  }
  return pool[0] ?? null;
}

function refer(table: HostTable, route: Route, wanted: WeightedBackend): RouteRef {
  const [, service = "", port = ""] = wanted.service.split("/");
  return {
    kind: route.kind,
    namespace: route.namespace,
    name: route.name,
    host: table.entry.host,
    path: route.pathType === null ? "" : route.path.value,
    pathType: route.pathType,
    service,
    port,
    why: `${whyHost(table.entry.host)}; ${whyPath(route)}`,
  };
}

function whyHost(host: string): string {
  if (host === "*") return "no other rule names the host, this one is for every host";
  return host.startsWith("*.") ? `no rule names the host itself, ${host} covers it` : "the host is named exactly";
}

function whyPath(route: Route): string {
  if (route.pathType === null) return "no path matches, this is the default backend";
  if (route.path.type === "Exact") return "its path is equal, which wins over every prefix";
  return `its path is the longest prefix that matches${route.method === null ? "" : ` for ${route.method}`}`;
}

function reject(status: RejectDecision["status"], code: RejectDecision["code"], reason: string): RejectDecision {
  return { action: "reject", status, code, reason, route: null, forwardPath: null, excluded: [] };
}
