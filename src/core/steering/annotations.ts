/**
 * Annotations of an Ingress that choose the steering of its hosts; the table of docs/steering.md. Readers of manifests
 * report the problems with file, line and column; compilation takes what could be read.
 */
import { parseCidr } from "../address/cidr.ts";
import {
  affinity,
  canary,
  isUnknownAs,
  maintenance,
  NOBODY_MAY_SERVE,
  residency,
  secondsOf,
  slowStart,
  tieWindow,
  type Values,
} from "./annotation-settings.ts";
import { durationMs, geoRules, nameValue, numbersByName, percentOf, tiers, words } from "./annotation-values.ts";
import type { ClusterTerms, SteeringMethod } from "./policy.ts";
import { NO_SETTINGS, type SteeringSettings } from "./settings.ts";

export const ANNOTATION_PREFIX = "portolan.dev/";

export interface AnnotationProblem {
  /** The annotation's whole name. */
  readonly name: string;
  readonly message: string;
}

export interface ReadAnnotations {
  /** Null when no annotation is about steering. */
  readonly settings: SteeringSettings | null;
  readonly problems: readonly AnnotationProblem[];
}

/** What a key adds to the settings; a text says how it is to be written. */
type Reader = (value: string, values: Values) => Partial<SteeringSettings> | string;

const METHODS = "write nearest, least-latency, weighted, failover or geolocation";
const CANARY = "set portolan.dev/canary-clusters too";
const RESIDENCY = "set portolan.dev/residency too";
const MAINTENANCE = "set portolan.dev/maintenance too";

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["steering", (value, values) => (methodOf(value, values) === null ? METHODS : {})],
  ["weights", (value) => (numbersByName(value, [0, 1000]) === null ? 'write "a=80, b=20", 0 to 1000' : {})],
  ["bias", (value) => (numbersByName(value, [-99, 99]) === null ? 'write "a=10, b=-20", -99 to 99' : {})],
  ["failover", (value) => (tiers(value) === null ? 'write tiers of clusters, "a, b > c"' : {})],
  ["geolocation", (value) => (geoRules(value) === null ? 'write "DE, AT = a; eu = b, c; * = d"' : {})],
  ["tie-window", (value) => tieWindow(value) ?? 'write "2ms 5%"'],
  ["slow-start", (value) => slowStart(value) ?? 'write "90s 10%", or "off"'],
  ["affinity", (value, values) => affinity(value, values) ?? "write cookie, client-address or header:NAME"],
  [
    "affinity-ttl",
    (value, values) =>
      durationMs(value) === null ? 'write "23h"' : needs(values, "affinity", "set portolan.dev/affinity: cookie too"),
  ],
  ["canary-clusters", (value, values) => canary(value, values)],
  [
    "canary-percent",
    (value, values) => (percentOf(value) === null ? 'write "5%"' : needs(values, "canary-clusters", CANARY)),
  ],
  [
    "canary-header",
    (value, values) =>
      nameValue(value) === null ? 'write "x-canary" or "x-canary=yes"' : needs(values, "canary-clusters", CANARY),
  ],
  [
    "canary-cookie",
    (value, values) =>
      nameValue(value) === null ? 'write "canary" or "canary=yes"' : needs(values, "canary-clusters", CANARY),
  ],
  [
    "residency",
    (value, values) => residency(value, values) ?? 'write "eu = eu; * = eu, us": places = residency groups',
  ],
  [
    "residency-unknown",
    (value, values) =>
      isUnknownAs(value) ? needs(values, "residency", RESIDENCY) : "write strictest, allow or a country",
  ],
  [
    "residency-no-cluster",
    (value, values) =>
      ["451", "503", "allow"].includes(value) ? needs(values, "residency", RESIDENCY) : "write 451, 503 or allow",
  ],
  ["maintenance", (value, values) => maintenance(value, values) ?? 'write a status, "503", or "off"'],
  ["maintenance-body", (_value, values) => needs(values, "maintenance", MAINTENANCE)],
  [
    "maintenance-retry-after",
    (value, values) => (secondsOf(value) === null ? 'write "120" or "10m"' : needs(values, "maintenance", MAINTENANCE)),
  ],
  [
    "maintenance-except",
    (value, values) =>
      words(value).every((one) => parseCidr(one) !== null)
        ? needs(values, "maintenance", MAINTENANCE)
        : 'write networks, "192.0.2.0/24"',
  ],
]);

/** Names of the steering annotations, without the prefix. */
export const STEERING_ANNOTATIONS: readonly string[] = [...READERS.keys()];

/** Reads the steering annotations of an object; others are not looked at. A bad one is left out. */
export function readAnnotations(annotations: Readonly<Record<string, string>>): ReadAnnotations {
  const values = new Map<string, string>();
  for (const name of STEERING_ANNOTATIONS) {
    const value = annotations[ANNOTATION_PREFIX + name];
    if (value !== undefined) values.set(name, value.trim());
  }
  if (values.size === 0) return { settings: null, problems: [] };
  const problems: AnnotationProblem[] = [];
  let settings = NO_SETTINGS;
  for (const [name, value] of values) {
    const read = READERS.get(name)?.(value, values) ?? {};
    if (typeof read !== "string") {
      settings = { ...settings, ...read };
      continue;
    }
    values.delete(name);
    if (name === "residency") settings = { ...settings, residency: NOBODY_MAY_SERVE };
    const effect = name === "residency" ? "lets no cluster serve the host until it can be read" : "has no effect";
    const message = `${ANNOTATION_PREFIX}${name} is ${JSON.stringify(value)} and ${effect}; ${read}`;
    problems.push({ name: ANNOTATION_PREFIX + name, message });
  }
  return { settings: { ...settings, method: method(values), clusters: termsOf(values) }, problems };
}

function needs(values: Values, name: string, hint: string): Partial<SteeringSettings> | string {
  return values.has(name) ? {} : hint;
}

function method(values: Values): SteeringMethod | null {
  const named = methodOf(values.get("steering") ?? "", values);
  if (named !== null) return named;
  if (values.has("geolocation")) return methodOf("geolocation", values);
  if (values.has("failover")) return methodOf("failover", values);
  return values.has("weights") ? { type: "weighted" } : null;
}

function methodOf(name: string, values: Values): SteeringMethod | null {
  switch (name) {
    case "nearest":
    case "least-latency":
    case "weighted":
      return { type: name };
    case "failover":
      return { type: "failover", tiers: tiers(values.get("failover") ?? "") ?? [] };
    case "geolocation":
      return { type: "geolocation", rules: geoRules(values.get("geolocation") ?? "") ?? [] };
    default:
      return null;
  }
}

function termsOf(values: Values): readonly ClusterTerms[] {
  const weights = numbersByName(values.get("weights") ?? "", [0, 1000]) ?? new Map<string, number>();
  const biases = numbersByName(values.get("bias") ?? "", [-99, 99]) ?? new Map<string, number>();
  return [...new Set([...weights.keys(), ...biases.keys()])].toSorted().map((cluster) => ({
    cluster,
    weight: weights.get(cluster) ?? null,
    bias: biases.get(cluster) ?? null,
    ramp: null,
    drainUntilMs: null,
  }));
}
