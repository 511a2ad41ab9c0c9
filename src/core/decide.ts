/**
 * ★ The decision: from a request to ordered candidates, with the reason for each candidate and each exclusion.
 * Pure: same table, health, request and circumstances, same decision, on every runtime (DESIGN.md rule 11).
 */
import { choose } from "./choose.ts";
import type { Asked } from "./choosing.ts";
import type { HealthView } from "./health/view.ts";
import { matchHost, matchRoute } from "./match-route.ts";
import { turnTo } from "./memo.ts";
import type { Circumstances, Decision, Exclusion, RejectDecision, RequestFacts } from "./decision.ts";
import type { Route } from "./model.ts";
import { type PreparedBackend, prepare } from "./prepared.ts";
import { canonicalHost } from "./request/host.ts";
import { canonicalTarget } from "./request/path.ts";
import type { HostTable, RoutingTable } from "./routing-table.ts";
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
  const { nowMs } = circumstances;
  const fresh = nowMs < health.expiresAtMs;
  turnTo(table.memo, health, fresh);
  const { policy, beyond } = matched.table;
  const residency = beyond === null ? null : beyond.residency(policy, circumstances.client);
  const backends = preparedOf(table, matched.table, route);
  const view = { serial: table.memo.verdictSerial, health, fresh, nowMs };
  const judged = chooseBackend(backends, view, { residency, seed: circumstances.seed });
  if (judged === null) return { ...reject(503, "no-backend", "the rule names no backend"), forwardPath };
  const { backend, verdicts } = judged;
  const answer = beyond?.maintenance(policy, backend.routeRef, asked) ?? null;
  if (answer !== null) return answer;
  const ranking = rank(policy.ranker, circumstances.vantage, health, { nowMs, serial: table.memo.serial });
  const choice = choose({
    request,
    circumstances,
    limit: asked.limit,
    trace: asked.trace,
    prepared: backend.shared,
    cookie: backend.cookie,
    verdicts,
    policy,
    beyond,
    ranking,
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
    host: host.host,
    forwardPath,
    timeoutMs: route.timeoutMs,
    asks: route.asks,
    candidates: choice.candidates,
    excluded: choice.excluded,
    panic: choice.panic,
    vantage: circumstances.vantage,
    passedBy: choice.passedBy,
    setPin: choice.setPin,
  };
}

/** The backends of a route, made ready once. */
function preparedOf(table: RoutingTable, host: HostTable, route: Route): readonly PreparedBackend[] {
  const known = host.prepared.get(route);
  if (known !== undefined) return known;
  const { shared, snapshot } = table;
  const { clusters } = snapshot;
  const made = route.backends
    .filter((wanted) => wanted.weight > 0)
    .map((wanted) => {
      const backends = host.services.get(wanted.service) ?? [];
      const cookie = host.beyond?.cookie(route) ?? "";
      return prepare({ clusters, host: host.entry.host, route, wanted, cookie, backends, policy: host.policy, shared });
    });
  host.prepared.set(route, made);
  return made;
}

/** Health as one request sees it. */
interface View {
  readonly serial: number;
  readonly health: HealthView;
  readonly fresh: boolean;
  readonly nowMs: number;
}

interface Judged {
  readonly backend: PreparedBackend;
  readonly verdicts: Verdicts;
}

function judge(backend: PreparedBackend, view: View): Judged {
  const { shared } = backend;
  const kept = shared.memo?.serial === view.serial ? shared.memo.verdicts : null;
  const verdicts = kept ?? viewVerdicts(shared, view.health, view.fresh);
  if (kept === null) shared.memo = { serial: view.serial, verdicts };
  return { backend, verdicts: currentVerdicts(shared, verdicts, view.health, view) };
}

/** Filter by availability first, weigh second (rule 8): a dead backend's share is spread over the living. */
function chooseBackend(
  backends: readonly PreparedBackend[],
  view: View,
  { residency, seed }: { readonly residency: ResidencyVerdict | null; readonly seed: number },
): Judged | null {
  const [only] = backends;
  if (only === undefined) return null;
  if (backends.length === 1) return judge(only, view);
  const choices = backends.map((backend) => judge(backend, view));
  const alive = choices.filter(({ backend, verdicts }) =>
    backend.shared.members.some(
      (member, at) => verdicts.trouble[at] === null && (residency === null || residency.allowed[member.index] === true),
    ),
  );
  const pool = alive.length > 0 ? alive : choices;
  const total = pool.reduce((sum, choice) => sum + choice.backend.weight, 0);
  let point = (seed >>> 0) % total;
  for (const choice of pool) {
    point -= choice.backend.weight;
    if (point < 0) return choice;
  }
  return pool[0] ?? null;
}

const NONE: readonly Exclusion[] = [];

function reject(status: RejectDecision["status"], code: RejectDecision["code"], reason: string): RejectDecision {
  return { action: "reject", status, code, reason, route: null, forwardPath: null, excluded: NONE };
}
