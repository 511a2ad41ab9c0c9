/** A decision in words and numbers for people and programs: the interface of `portolan explain -o json`. */
import { decideWith } from "./decide.ts";
import type { HealthView } from "./health/view.ts";
import type { Circumstances, ClientLocation, Decision, ForwardDecision, RequestFacts, RouteRef } from "./decision.ts";
import type { RoutingTable } from "./routing-table.ts";
import type { Step } from "./steering/trace.ts";
import { newTrace } from "./trace-choice.ts";
import { whyRoute } from "./why-route.ts";

export interface ExplainedRoute {
  readonly kind: RouteRef["kind"];
  readonly namespace: string;
  /** Name of the Ingress (or HTTPRoute). */
  readonly ingress: string;
  /** As the rule has it, `*` for a rule without a host. */
  readonly host: string;
  /** Null for a default backend, like `pathType`. */
  readonly path: string | null;
  readonly pathType: string | null;
  readonly service: string;
  readonly port: number | string;
  readonly why: string;
}

/** Documented in docs/explain.md; fields are added, never renamed. */
export interface Explanation {
  readonly action: Decision["action"];
  readonly status: number | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly route: ExplainedRoute | null;
  readonly forwardPath: string | null;
  readonly client: {
    readonly address: string | null;
    readonly class: string;
    readonly location: Omit<ClientLocation, "source">;
    readonly source: ClientLocation["source"];
  };
  /** Whose place counted. */
  readonly vantage: Circumstances["vantage"];
  /** What was decided about the client and the host as a whole, in order. */
  readonly steps: readonly Step[];
  readonly candidates: readonly {
    readonly cluster: string;
    readonly costMs: number | null;
    readonly basis: string;
    readonly panic: string | null;
    readonly origins: readonly string[];
    /** Why it is where it is, in the order in which it was decided. */
    readonly steps: readonly Step[];
  }[];
  readonly excluded: readonly { readonly cluster: string; readonly code: string; readonly reason: string }[];
  readonly panic: boolean;
  /** Cookie that pins the client, and the cluster that it is pinned to already; null without cookie affinity. */
  readonly pin: { readonly cookie: string; readonly cluster: string | null } | null;
  /** What a host answers for itself. */
  readonly answer: { readonly headers: readonly (readonly [string, string])[]; readonly body: string } | null;
}

/** Decides and explains. */
export function explain(
  table: RoutingTable,
  health: HealthView,
  request: RequestFacts,
  circumstances: Circumstances,
): Explanation {
  const trace = newTrace();
  const decision = decideWith(table, health, { request, circumstances, limit: Number.POSITIVE_INFINITY, trace });
  const { source, ...location } = circumstances.client.location;
  const { address, class: addressClass } = circumstances.client;
  const forward = decision.action === "forward" ? decision : null;
  const reject = decision.action === "reject" ? decision : null;
  return {
    action: decision.action,
    status: "status" in decision ? decision.status : null,
    code: reject?.code ?? null,
    reason: reject?.reason ?? null,
    route: decision.route === null ? null : explainRoute(decision.route),
    forwardPath: forward?.forwardPath ?? reject?.forwardPath ?? null,
    client: { address, class: addressClass, location, source },
    vantage: circumstances.vantage,
    steps: trace.steps,
    candidates: (forward?.candidates ?? []).map((candidate) => ({
      cluster: candidate.cluster,
      costMs: candidate.basis === "none" ? null : candidate.costUs / 1000,
      basis: candidate.basis,
      panic: candidate.panic,
      origins: candidate.origins.map((origin) => `${origin.protocol}://${origin.connectHost}:${origin.port}`),
      steps: trace.clusters.get(candidate.cluster) ?? [],
    })),
    excluded: forward?.excluded ?? reject?.excluded ?? [],
    panic: forward?.panic ?? false,
    pin:
      forward === null || forward.setPin === null
        ? null
        : { cookie: forward.setPin.cookie, cluster: forward.setPin.current },
    answer: decision.action === "respond" ? { headers: decision.headers, body: decision.body } : null,
  };
}

function explainRoute(route: RouteRef): ExplainedRoute {
  const { kind, namespace, name, host, path, pathType, service, port } = route;
  const number = Number(port);
  return {
    kind,
    namespace,
    ingress: name,
    host,
    path: pathType === null ? null : path,
    pathType,
    service,
    port: Number.isInteger(number) && port !== "" ? number : port,
    why: whyRoute(route),
  };
}

export interface WhatIf {
  readonly change: string;
  readonly result: string;
}

/** What would change the answer: the chosen cluster gone, and each better one that is out for now. */
export function whatWouldChange(
  table: RoutingTable,
  health: HealthView,
  request: RequestFacts,
  circumstances: Circumstances,
): readonly WhatIf[] {
  const asked = { request, circumstances, limit: Number.POSITIVE_INFINITY, trace: null };
  const now = decideWith(table, health, asked);
  const chosen = now.action === "forward" ? now.candidates[0] : undefined;
  if (now.action !== "forward" || chosen === undefined) return [];
  const changes: WhatIf[] = [];
  const down = new Map(health.down).set(chosen.cluster, "down");
  const without = decideWith(table, { ...health, down }, asked);
  changes.push({ change: `${chosen.cluster} goes down`, result: outcome(without, now) });
  const everythingUp = decideWith(table, allUp(health), asked);
  const better = everythingUp.action === "forward" ? everythingUp.candidates : [];
  for (const candidate of better) {
    if (candidate.cluster === chosen.cluster) break;
    const out = now.excluded.find((one) => one.cluster === candidate.cluster);
    if (out !== undefined)
      changes.push({
        change: `${candidate.cluster} comes back (now ${out.reason})`,
        result: `${candidate.cluster} is chosen`,
      });
  }
  return changes;
}

/** The same world with nobody excluded for health. */
function allUp(health: HealthView): HealthView {
  const none = new Map<string, never>();
  return { ...health, backends: none, origins: none, verdicts: none, ejections: none, down: none, expiresAtMs: 0 };
}

function outcome(decision: Decision, now: ForwardDecision): string {
  if (decision.action !== "forward") return "no cluster is left";
  const next = decision.candidates[0];
  const was = now.candidates[0];
  if (next === undefined || was === undefined) return "no cluster is left";
  if (next.panic !== null) return `nobody else is healthy: panic, ${next.cluster} is tried all the same`;
  if (next.basis === "none" || was.basis === "none") return `${next.cluster} is chosen`;
  const ms = Math.round((next.costUs - was.costUs) / 1000);
  return `${next.cluster} is chosen, ${ms >= 0 ? "+" : ""}${ms} ms`;
}
