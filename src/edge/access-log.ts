/** One JSON line per request. JSON escapes control characters, so that no input can forge a line (CWE-117). */
import type { Candidate, Decision, Exclusion } from "../core/model.ts";
import type { RequestEvent } from "./event.ts";

/** The line, without its end. Holds no query, no header, no full address. */
export function accessLogLine(edge: string, event: RequestEvent, nowMs: number): string {
  const { decision } = event;
  const forward = decision?.action === "forward" ? decision : null;
  const last = event.tries.at(-1);
  return JSON.stringify({
    time: new Date(nowMs).toISOString(),
    edge,
    method: event.method,
    scheme: event.scheme,
    host: event.host,
    path: pathOf(decision),
    status: event.status,
    durationMs: round(nowMs - event.startedMs),
    code: event.code,
    action: decision?.action ?? "local",
    route: routeOf(decision),
    cluster: last?.candidate.cluster ?? null,
    vantage: forward?.vantage.of ?? null,
    panic: forward?.panic ?? false,
    candidates: (forward?.candidates ?? []).map(shown),
    excluded: excludedOf(decision).map(({ cluster, code, reason }) => ({ cluster, code, reason })),
    attempts: event.tries.map((one) => ({
      cluster: one.candidate.cluster,
      origin: `${one.origin.connectHost}:${one.origin.port}`,
      ...(one.outcome.type === "answered"
        ? { status: one.outcome.status }
        : { failure: one.outcome.failure, unsent: one.outcome.unsent, detail: one.outcome.detail }),
      durationMs: round(one.durationMs),
    })),
    gaveUp: event.gaveUp,
    client: event.client === null ? null : shortAddress(event.client.address),
    country: event.client?.location.country ?? null,
    traceId: event.traceId,
    requestId: event.requestId,
    ...(event.error === null ? {} : { error: event.error }),
  });
}

/** The network of an address, /24 or /48, so that logs hold no person's address. Null stays null. */
export function shortAddress(address: string | null): string | null {
  if (address === null) return null;
  if (!address.includes(":")) return `${address.split(".").slice(0, 3).join(".")}.0/24`;
  const [head = "", tail = ""] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const end = tail === "" ? [] : tail.split(":");
  const gap = address.includes("::") ? Math.max(0, 8 - groups.length - end.length) : 0;
  const all = [...groups, ...Array.from({ length: gap }, () => "0"), ...end];
  return `${all.slice(0, 3).join(":")}::/48`;
}

function shown(candidate: Candidate): { cluster: string; costMs: number; basis: string; panic?: string } {
  const { cluster, basis, panic } = candidate;
  return { cluster, costMs: candidate.costUs / 1000, basis, ...(panic === null ? {} : { panic }) };
}

function pathOf(decision: Decision | null): string | null {
  const target = decision?.action === "forward" || decision?.action === "reject" ? decision.forwardPath : null;
  return target === null ? null : (target.split("?", 1)[0] ?? null);
}

function routeOf(decision: Decision | null): object | null {
  if (decision?.route === null || decision?.route === undefined) return null;
  const { kind, namespace, name, host, path, service, port } = decision.route;
  return { kind, namespace, name, host, path, service, port };
}

function excludedOf(decision: Decision | null): readonly Exclusion[] {
  return decision?.action === "forward" || decision?.action === "reject" ? decision.excluded : [];
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
