/** One JSON line per request. JSON escapes control characters, so that no input can forge a line (CWE-117). */
import type { Candidate, Decision, Exclusion, RouteRef } from "../core/decision.ts";
import type { RequestEvent, Try } from "./event.ts";

/**
 * Lines without their ends, of one edge. They hold no query, no header, no full address. Put together by hand: making an
 * object only to have it serialised took longer than the decision. What comes from outside is escaped as JSON escapes.
 */
export function accessLogLines(edge: string): (event: RequestEvent, nowMs: number) => string {
  const name = text(edge);
  const time = isoTimes();
  // Routes live as long as their snapshot: their text is made once.
  const routes = new WeakMap<RouteRef, string>();
  const routeText = (route: RouteRef | null): string => {
    if (route === null) return "null";
    const known = routes.get(route);
    if (known !== undefined) return known;
    const made = routeOf(route);
    routes.set(route, made);
    return made;
  };
  return (event, nowMs) => {
    const { decision, client, error } = event;
    const forward = decision?.action === "forward" ? decision : null;
    const last = event.tries.at(-1);
    return (
      `{"time":"${time(nowMs)}","edge":${name},"method":${text(event.method)},"scheme":"${event.scheme}"` +
      `,"host":${text(event.host)},"path":${text(pathOf(decision))},"status":${event.status}` +
      `,"durationMs":${round(nowMs - event.startedMs)},"code":${text(event.code)}` +
      `,"action":"${decision?.action ?? "local"}","route":${routeText(decision?.route ?? null)}` +
      `,"cluster":${text(last?.candidate.cluster ?? null)},"vantage":${text(forward?.vantage.of ?? null)}` +
      `,"panic":${forward?.panic ?? false},"candidates":${list(forward?.candidates ?? [], shown)}` +
      `,"excluded":${list(excludedOf(decision), exclusion)},"attempts":${list(event.tries, attempt)}` +
      `,"gaveUp":${text(event.gaveUp)},"client":${text(client === null ? null : shortAddress(client.address))}` +
      `,"country":${text(client?.location.country ?? null)},"traceId":${text(event.traceId)}` +
      `,"requestId":${text(event.requestId)}${error === null ? "" : `,"error":${text(error)}`}}`
    );
  };
}

/** Plain text needs no escaping, and nearly all of it is plain. */
function text(value: string | null): string {
  if (value === null) return "null";
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 32 || code > 126 || code === 34 || code === 92) return JSON.stringify(value);
  }
  return `"${value}"`;
}

function list<T>(members: readonly T[], show: (member: T) => string): string {
  let joined = "";
  for (const member of members) joined += joined === "" ? show(member) : `,${show(member)}`;
  return `[${joined}]`;
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

function shown({ cluster, costUs, basis, panic }: Candidate): string {
  const more = panic === null ? "" : `,"panic":${text(panic)}`;
  return `{"cluster":${text(cluster)},"costMs":${costUs / 1000},"basis":"${basis}"${more}}`;
}

function exclusion({ cluster, code, reason }: Exclusion): string {
  return `{"cluster":${text(cluster)},"code":"${code}","reason":${text(reason)}}`;
}

function attempt({ candidate, origin, outcome, durationMs }: Try): string {
  const end =
    outcome.type === "answered"
      ? `"status":${outcome.status}`
      : `"failure":"${outcome.failure}","unsent":${outcome.unsent},"detail":${text(outcome.detail)}`;
  const place = text(`${origin.connectHost}:${origin.port}`);
  return `{"cluster":${text(candidate.cluster)},"origin":${place},${end},"durationMs":${round(durationMs)}}`;
}

function pathOf(decision: Decision | null): string | null {
  const target = decision?.action === "forward" || decision?.action === "reject" ? decision.forwardPath : null;
  return target === null ? null : (target.split("?", 1)[0] ?? null);
}

function routeOf({ kind, namespace, name, host, path, service, port }: RouteRef): string {
  return (
    `{"kind":"${kind}","namespace":${text(namespace)},"name":${text(name)},"host":${text(host)}` +
    `,"path":${text(path)},"service":${text(service)},"port":${text(port)}}`
  );
}

function excludedOf(decision: Decision | null): readonly Exclusion[] {
  return decision?.action === "forward" || decision?.action === "reject" ? decision.excluded : [];
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** RFC 3339; only the milliseconds differ between most lines. */
function isoTimes(): (nowMs: number) => string {
  let second = -1;
  let secondText = "";
  return (nowMs) => {
    const current = Math.floor(nowMs / 1000);
    if (current !== second) {
      second = current;
      secondText = new Date(current * 1000).toISOString().slice(0, -4);
    }
    return `${secondText}${String(nowMs - current * 1000).padStart(3, "0")}Z`;
  };
}
