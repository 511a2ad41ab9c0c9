/** What one annotation, with those that go with it, means as settings. Null or a text for one that cannot be read. */
import { parseCidr } from "../address/cidr.ts";
import { parsePlace } from "../geo/place.ts";
import { durationMs, nameValue, percentOf, residencyRules, wholeNumber, words } from "./annotation-values.ts";
import type { Affinity, Residency } from "./policy.ts";
import type { SteeringSettings } from "./settings.ts";

/** All values by key, without the prefix. */
export type Values = ReadonlyMap<string, string>;

/** Of a residency rule that nobody can read: data that may have to stay somewhere goes nowhere. */
export const NOBODY_MAY_SERVE: Residency = {
  rules: [{ from: [], within: [] }],
  unknownAs: "strictest",
  onNoCluster: "reject",
  status: 451,
};

/** `2ms 5%`. */
export function tieWindow(text: string): Partial<SteeringSettings> | null {
  const [time = "", share = "0%"] = text.split(" ");
  const [ms, percent] = [durationMs(time), percentOf(share)];
  return ms === null || percent === null ? null : { tieWindow: { ms, percent } };
}

/** `90s 10%`, or `off`. */
export function slowStart(text: string): Partial<SteeringSettings> | null {
  if (text === "off") return { slowStart: { windowMs: 0, fromPercent: 0 } };
  const [time = "", share = "10%"] = text.split(" ");
  const [windowMs, fromPercent] = [durationMs(time), percentOf(share)];
  return windowMs === null || fromPercent === null ? null : { slowStart: { windowMs, fromPercent } };
}

/** 23 h: a working day's session is over, and tomorrow's may be elsewhere. */
const AFFINITY_TTL_MS = 82_800_000;

/** `cookie`, `client-address`, `header:NAME`, with the annotation for the time a cookie lives. */
export function affinity(text: string, values: Values): Partial<SteeringSettings> | null {
  const made = affinityOf(text, durationMs(values.get("affinity-ttl") ?? "") ?? AFFINITY_TTL_MS);
  return made === null ? null : { affinity: made };
}

function affinityOf(text: string, ttlMs: number): Affinity | null {
  if (text === "cookie") return { type: "cookie", ttlMs: Math.max(1000, ttlMs) };
  if (text === "client-address") return { type: "client-address" };
  const name = text.startsWith("header:") ? text.slice(7).trim().toLowerCase() : "";
  return name === "" ? null : { type: "header", name };
}

/** Clusters, with the annotations that say who goes there. */
export function canary(text: string, values: Values): Partial<SteeringSettings> | string {
  const header = nameValue(values.get("canary-header") ?? "");
  const canaryOf = {
    clusters: words(text),
    percent: percentOf(values.get("canary-percent") ?? "0") ?? 0,
    header: header === null ? null : { ...header, name: header.name.toLowerCase() },
    cookie: nameValue(values.get("canary-cookie") ?? ""),
  };
  return canaryOf.clusters.length === 0 ? 'write clusters, "a, b"' : { canary: canaryOf };
}

/** `eu = eu; * = eu, us`, with the annotations for the unknown and for when no cluster is left. */
export function residency(text: string, values: Values): Partial<SteeringSettings> | null {
  const rules = residencyRules(text);
  if (rules === null) return null;
  const none = values.get("residency-no-cluster") ?? "451";
  const unknownAs = values.get("residency-unknown") ?? "strictest";
  return {
    residency: {
      rules,
      unknownAs: isUnknownAs(unknownAs) ? unknownAs : "strictest",
      onNoCluster: none === "allow" ? "allow" : "reject",
      status: none === "503" ? 503 : 451,
    },
  };
}

/** Whether a text says how clients of unknown place are treated. */
export function isUnknownAs(text: string): boolean {
  const kind = parsePlace(text)?.kind;
  return text === "strictest" || text === "allow" || kind === "country" || kind === "subdivision";
}

/** A status, `true` or `off`, with the annotations for the rest of the answer. */
export function maintenance(text: string, values: Values): Partial<SteeringSettings> | null {
  if (text === "off" || text === "false") return {};
  const status = text === "true" ? 503 : wholeNumber(text);
  if (status === null || status < 200 || status > 599) return null;
  return {
    maintenance: {
      status,
      body: values.get("maintenance-body") ?? "This service is under maintenance.\n",
      contentType: "text/plain; charset=utf-8",
      retryAfterSeconds: secondsOf(values.get("maintenance-retry-after") ?? ""),
      fromMs: null,
      untilMs: null,
      except: words(values.get("maintenance-except") ?? "").filter((one) => parseCidr(one) !== null),
    },
  };
}

/** Seconds, as a number or as a duration. */
export function secondsOf(text: string): number | null {
  const ms = durationMs(text);
  const seconds = ms === null ? wholeNumber(text) : Math.ceil(ms / 1000);
  return seconds === null || seconds < 0 ? null : seconds;
}
