/** One JSON line per request. JSON escapes control characters, so that no input can forge a line (CWE-117). */
import type { Candidate, Client, Decision, Exclusion, RouteRef } from "../core/decision.ts";
import { keptByObject } from "../core/kept-by-object.ts";
import type { RequestEvent, Try } from "./event.ts";

/**
 * Lines without their ends, of one edge. They hold no query, no header, no full address. Put together by hand: making an
 * object only to have it serialised took longer than the decision. What comes from outside is escaped as JSON escapes.
 */
export function accessLogLines(edge: string): (event: RequestEvent, nowMs: number) => string {
  const name = text(edge);
  const time = isoTimes();
  // These live as long as their snapshot, or longer than a request: their text is made once.
  const route = keptByObject(routeOf);
  const candidate = keptByObject(shown);
  const excluded = keptByObject((all: readonly Exclusion[]) => list(all, exclusion));
  const network = keptByObject(({ address }: Client) => text(shortAddress(address)));
  return (event, nowMs) => {
    const { decision, client, error } = event;
    const forward = decision?.action === "forward" ? decision : null;
    const last = event.tries.at(-1);
    const routed = decision?.route ?? null;
    return (
      `{"time":"${time(nowMs)}","edge":${name},"method":${text(event.method)},"scheme":"${event.scheme}"` +
      `,"host":${text(event.host)},"path":${text(pathOf(decision))},"status":${event.status}` +
      `,"durationMs":${round(nowMs - event.startedMs)},"code":${text(event.code)}` +
      `,"action":"${decision?.action ?? "local"}","route":${routed === null ? "null" : route(routed)}` +
      `,"cluster":${text(last?.candidate.cluster ?? null)},"vantage":${text(forward?.vantage.of ?? null)}` +
      `,"panic":${forward?.panic ?? false},"candidates":${list(forward?.candidates ?? [], candidate)}` +
      `,"excluded":${excluded(excludedOf(decision))},"attempts":${list(event.tries, attempt)}` +
      `,"gaveUp":${text(event.gaveUp)},"client":${client === null ? "null" : network(client)}` +
      // Ids need no look: what came from outside was taken only where it is plain.
      `,"country":${text(client?.location.country ?? null)},"traceId":${quoted(event.traceId)}` +
      `,"requestId":${quoted(event.requestId)}${error === null ? "" : `,"error":${text(error)}`}}`
    );
  };
}

function quoted(plain: string | null): string {
  return plain === null ? "null" : `"${plain}"`;
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
  const end = target?.indexOf("?") ?? -1;
  return end === -1 ? target : (target?.slice(0, end) ?? null);
}

function routeOf({ kind, namespace, name, host, path, service, port }: RouteRef): string {
  return (
    `{"kind":"${kind}","namespace":${text(namespace)},"name":${text(name)},"host":${text(host)}` +
    `,"path":${text(path)},"service":${text(service)},"port":${text(port)}}`
  );
}

const NONE: readonly Exclusion[] = [];

function excludedOf(decision: Decision | null): readonly Exclusion[] {
  return decision?.action === "forward" || decision?.action === "reject" ? decision.excluded : NONE;
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
