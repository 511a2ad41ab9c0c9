/**
 * ★ The decision: from a request to ordered candidates, with the reason for each candidate and each exclusion.
 * Pure: same table, health, request and circumstances, same decision, on every runtime (DESIGN.md rule 11).
 */
import { choose } from "./choose.ts";
import { chooseKept } from "./choose-kept.ts";
import type { Asked } from "./choosing.ts";
import type { HealthView } from "./health/view.ts";
import { matchHost, matchRoute } from "./match-route.ts";
import { turnTo } from "./memo.ts";
import type { Held } from "./steering/held.ts";
import { keptFor } from "./steering/kept.ts";
import type { Circumstances, Decision, Exclusion, RejectDecision, RequestFacts } from "./decision.ts";
import { type Prepared, type PreparedBackend, prepare } from "./prepared.ts";
import { canonicalHost } from "./request/host.ts";
import { canonicalTarget } from "./request/path.ts";
import type { HostTable, RoutingTable, TableRoute } from "./routing-table.ts";
import { rank } from "./steering/ranking.ts";
import type { ResidencyVerdict } from "./steering/residency.ts";
import type { Verdicts } from "./verdict.ts";
import { currentVerdicts, viewVerdicts } from "./verdicts.ts";

/** Candidates that a request can make use of: a try goes to two other clusters at most (DESIGN.md), a race adds one. */
const CANDIDATES = 4;

/** Decides one request. Never throws. */
export function decide(
  table: RoutingTable,
  health: HealthView,
  request: RequestFacts,
  circumstances: Circumstances,
): Decision {
  return decideWith(table, health, { request, circumstances, limit: CANDIDATES, trace: null });
}

/** `decide` for callers who want every candidate and every step. */
export function decideWith(table: RoutingTable, health: HealthView, asked: Asked): Decision {
  const { request, circumstances } = asked;
  // What is spelled as a host of the table is canonical: the table holds no other names.
  const exact = table.exactHosts.get(request.host);
  const canonical = exact === undefined ? canonicalHost(request.host) : null;
  if (canonical?.ok === false) return reject(400, "bad-host", canonical.reason);
  const host = canonical === null ? request.host : canonical.host;
  const target = canonicalTarget(request.target);
  if (!target.ok) return reject(400, "bad-path", target.reason);
  const forwardPath = target.whole;
  const matched = exact === undefined ? matchHost(table, host) : { table: exact, paths: exact };
  if (matched === null) return { ...reject(404, "unknown-host", `no rule is for the host ${host}`), forwardPath };
  const route = matchRoute(matched.paths, target.path, target.query, request);
  if (route === null) {
    return { ...reject(404, "no-route", `no path of ${matched.table.entry.host} matches`), forwardPath };
  }
  const { nowMs } = circumstances;
  const fresh = nowMs < health.expiresAtMs;
  turnTo(table.memo, health, fresh);
  const { policy, beyond } = matched.table;
  const residency = beyond === null ? null : beyond.residency(policy, circumstances.client);
  const view = { serial: table.memo.verdictSerial, health, fresh, nowMs };
  const { seed } = circumstances;
  const backend = route.single ?? chooseBackend(preparedOf(table, matched.table, route), view, { residency, seed });
  if (backend === null) return { ...reject(503, "no-backend", "the rule names no backend"), forwardPath };
  const { shared } = backend;
  const verdicts = judge(shared, view);
  const answer = beyond?.maintenance(policy, backend.routeRef, asked) ?? null;
  if (answer !== null) return answer;
  const ranking = rank(policy.ranker, circumstances.vantage, health, { nowMs, serial: table.memo.serial });
  const { limit, trace } = asked;
  const kept = keptFor(table.memo.kept, shared, verdicts, ranking);
  const like =
    beyond === null && trace === null
      ? chooseKept({ kept, policy, held: heldBy(shared, health, circumstances), circumstances, limit })
      : null;
  const choice =
    like ??
    choose({
      request,
      circumstances,
      limit,
      trace,
      prepared: shared,
      cookie: backend.cookie,
      verdicts,
      policy,
      beyond,
      ranking,
      kept,
      residency,
      health,
      fresh,
    });
  if (choice.candidates.length === 0) {
    const { status, code, reason } = choice.refusal;
    return { ...reject(status, code, reason), route: backend.routeRef, forwardPath, excluded: choice.excluded };
  }
  return {
    action: "forward",
    route: backend.routeRef,
    host,
    forwardPath,
    timeoutMs: route.timeoutMs,
    asks: route.asks,
    candidates: choice.candidates,
    excluded: choice.excluded,
    panic: choice.panic,
    vantage: circumstances.vantage,
    passedBy: choice.passedBy,
    setPin: choice.setPin,
    hold: choice.hold,
  };
}

/** The backends of a route, made ready once. */
function preparedOf(table: RoutingTable, host: HostTable, found: TableRoute): readonly PreparedBackend[] {
  if (found.prepared !== null) return found.prepared;
  const { route } = found;
  const { shared, snapshot } = table;
  const { clusters } = snapshot;
  const made = route.backends
    .filter((wanted) => wanted.weight > 0)
    .map((wanted) => {
      const backends = host.services.get(wanted.service) ?? [];
      const cookie = host.beyond?.cookie(route) ?? "";
      return prepare({ clusters, host: host.entry.host, route, wanted, cookie, backends, policy: host.policy, shared });
    });
  found.prepared = made;
  if (made.length === 1) found.single = made[0] ?? null;
  return made;
}

/** Only an edge's own place is always the same: clients are each in another. */
function heldBy({ holdKey }: Prepared, { held }: HealthView, { vantage }: Circumstances): Held | null {
  return vantage.place === null ? null : (held.get(holdKey) ?? null);
}

/** Health as one request sees it. */
interface View {
  readonly serial: number;
  readonly health: HealthView;
  readonly fresh: boolean;
  readonly nowMs: number;
}

function judge(shared: Prepared, view: View): Verdicts {
  const kept = shared.memo?.serial === view.serial ? shared.memo.verdicts : null;
  const verdicts = kept ?? viewVerdicts(shared, view.health, view.fresh);
  if (kept === null) shared.memo = { serial: view.serial, verdicts };
  return currentVerdicts(shared, verdicts, view.health, view);
}

/** Filter by availability first, weigh second (rule 8): a dead backend's share is spread over the living. */
function chooseBackend(
  backends: readonly PreparedBackend[],
  view: View,
  { residency, seed }: { readonly residency: ResidencyVerdict | null; readonly seed: number },
): PreparedBackend | null {
  if (backends.length < 2) return backends[0] ?? null;
  const alive = backends.filter(({ shared }) => {
    const { trouble } = judge(shared, view);
    return shared.members.some(
      (member, at) => trouble[at] === null && (residency === null || residency.allowed[member.index] === true),
    );
  });
  const pool = alive.length > 0 ? alive : backends;
  const total = pool.reduce((sum, { weight }) => sum + weight, 0);
  let point = (seed >>> 0) % total;
  for (const backend of pool) {
    point -= backend.weight;
    if (point < 0) return backend;
  }
  return pool[0] ?? null;
}

const NONE: readonly Exclusion[] = [];

function reject(status: RejectDecision["status"], code: RejectDecision["code"], reason: string): RejectDecision {
  return { action: "reject", status, code, reason, route: null, forwardPath: null, excluded: NONE };
}
