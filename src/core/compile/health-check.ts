/** Health checks as a Service asks for them, in annotations; each has a default, so that one annotation is enough. */
import type { HealthCheck } from "../model.ts";

const PREFIX = "portolan.dev/health-check";

/** Every annotation that this file reads. */
export const HEALTH_CHECK_ANNOTATIONS: readonly string[] = [
  PREFIX,
  ...["path", "host", "port", "status", "body", "interval", "timeout", "rise", "fall"].map(
    (name) => `${PREFIX}-${name}`,
  ),
];

export interface ReadHealthCheck {
  /** Null when none is asked for. */
  readonly check: HealthCheck | null;
  /** Annotations that cannot be read; what they are about keeps its default. */
  readonly problems: readonly { readonly annotation: string; readonly message: string }[];
}

/** DESIGN.md: every 10 s, 2 up, 3 down. */
export const HEALTH_CHECK_DEFAULTS: HealthCheck = {
  type: "http",
  path: "/",
  host: null,
  port: null,
  status: { from: 200, to: 399 },
  body: null,
  intervalMs: 10_000,
  timeoutMs: 2000,
  rise: 2,
  fall: 3,
};

/** Whether a Service says anything about its health check, `none` included. */
export function asksForHealthCheck(annotations: Readonly<Record<string, string>>): boolean {
  return HEALTH_CHECK_ANNOTATIONS.some((name) => annotations[name] !== undefined);
}

/** From the annotations of a Service; never throws. */
export function readHealthCheck(annotations: Readonly<Record<string, string>>): ReadHealthCheck {
  const given = HEALTH_CHECK_ANNOTATIONS.filter((name) => annotations[name] !== undefined);
  const type = annotations[PREFIX] ?? "http";
  if (given.length === 0 || type === "none") return { check: null, problems: [] };
  const problems: { annotation: string; message: string }[] = [];
  const field = <T>(name: string, fallback: T, read: (text: string) => T | null, wanted: string): T => {
    const annotation = name === "" ? PREFIX : `${PREFIX}-${name}`;
    const text = annotations[annotation];
    if (text === undefined) return fallback;
    const value = read(text);
    if (value !== null) return value;
    problems.push({ annotation, message: `Cannot read ${annotation} "${text}": write ${wanted}` });
    return fallback;
  };
  const intervalMs = field(
    "interval",
    HEALTH_CHECK_DEFAULTS.intervalMs,
    (text) => duration(text, 100, 3_600_000),
    "10s",
  );
  const check: HealthCheck = {
    type: field("", HEALTH_CHECK_DEFAULTS.type, kind, "http, tcp, tls or none"),
    path: field(
      "path",
      HEALTH_CHECK_DEFAULTS.path,
      (text) => (checkTarget(text) ? text : null),
      "a path that begins with /",
    ),
    host: field<string | null>("host", null, (text) => (checkHost(text) ? text : null), "a host name"),
    port: field<number | null>("port", null, (text) => whole(text, 1, 65_535), "a port number"),
    status: field("status", HEALTH_CHECK_DEFAULTS.status, checkStatus, '200 or "200-399"'),
    body: field<string | null>("body", null, (text) => (text === "" ? null : text), "some text"),
    intervalMs,
    timeoutMs: field(
      "timeout",
      Math.min(HEALTH_CHECK_DEFAULTS.timeoutMs, intervalMs),
      (text) => duration(text, 10, 60_000),
      "2s",
    ),
    rise: field("rise", HEALTH_CHECK_DEFAULTS.rise, (text) => whole(text, 1, 10), "1 to 10"),
    fall: field("fall", HEALTH_CHECK_DEFAULTS.fall, (text) => whole(text, 1, 10), "1 to 10"),
  };
  return { check, problems };
}

function kind(text: string): HealthCheck["type"] | null {
  return text === "http" || text === "tcp" || text === "tls" ? text : null;
}

/** What becomes part of a request must not hold anything that ends a line or a word. */
export function checkTarget(text: string): boolean {
  return text.startsWith("/") && text.length <= 1024 && /^[!-~]+$/.test(text);
}

/** Whether a text can be the Host of a probe. */
export function checkHost(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(text);
}

function whole(text: string, min: number, max: number): number | null {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

/** `200` or `200-399`; null for anything else. */
export function checkStatus(text: string): HealthCheck["status"] | null {
  const [first = "", last = first, ...rest] = text.split("-");
  const [from, to] = [whole(first, 100, 599), whole(last, 100, 599)];
  return rest.length > 0 || from === null || to === null || from > to ? null : { from, to };
}

/** `500ms`, `10s`, `1m`. */
function duration(text: string, min: number, max: number): number | null {
  const match = /^(\d{1,7})(ms|s|m)$/.exec(text);
  if (match === null) return null;
  const unit = match[2] === "ms" ? 1 : match[2] === "s" ? 1000 : 60_000;
  const ms = Number(match[1]) * unit;
  return ms >= min && ms <= max ? ms : null;
}
