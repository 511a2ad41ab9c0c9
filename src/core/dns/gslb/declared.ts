/**
 * What an Ingress declares in k8gb's annotations, and what Portolan makes of it. A Gslb object that is there keeps its
 * own settings: an Ingress never overwrites them.
 */
import type { SteeringMethod } from "../../steering/policy.ts";
import { GSLB_STRATEGIES, type GslbStrategy } from "./strategy.ts";

export interface Gslb {
  readonly strategy: GslbStrategy;
  /** Null for strategies without a primary. */
  readonly primaryGeoTag: string | null;
  readonly dnsTtlSeconds: number;
}

export type ReadGslb =
  | { readonly ok: true; readonly gslb: Gslb }
  /** `reason` is null for an Ingress that is not about k8gb at all. */
  | { readonly ok: false; readonly reason: string | null };

const DEFAULT_TTL_SECONDS = 30;
const LONGEST_TTL_SECONDS = 86_400;

/** Reads `k8gb.io/strategy`, `k8gb.io/primary-geotag` and `k8gb.io/dns-ttl-seconds`. */
export function readGslb(annotations: Readonly<Record<string, string>>): ReadGslb {
  const word = annotations["k8gb.io/strategy"];
  if (word === undefined) return { ok: false, reason: null };
  const strategy = GSLB_STRATEGIES.find((one) => one === word);
  if (strategy === undefined) return refuse(`the strategy "${word}" is none of ${GSLB_STRATEGIES.join(", ")}`);
  const primaryGeoTag = annotations["k8gb.io/primary-geotag"] ?? null;
  if (strategy === "failover" && (primaryGeoTag ?? "") === "") return refuse("failover needs k8gb.io/primary-geotag");
  const text = annotations["k8gb.io/dns-ttl-seconds"] ?? String(DEFAULT_TTL_SECONDS);
  const dnsTtlSeconds = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(dnsTtlSeconds >= 1 && dnsTtlSeconds <= LONGEST_TTL_SECONDS)) return refuse(`the TTL "${text}" is not seconds`);
  return { ok: true, gslb: { strategy, primaryGeoTag: strategy === "failover" ? primaryGeoTag : null, dnsTtlSeconds } };
}

/** What there is after an Ingress was applied (its annotations) or deleted (null); `declared` is a Gslb of its own. */
export function gslbAfter(declared: Gslb | null, annotations: Readonly<Record<string, string>> | null): Gslb | null {
  if (declared !== null || annotations === null) return declared;
  const read = readGslb(annotations);
  return read.ok ? read.gslb : null;
}

/**
 * The steering that stands for a strategy. `decide` knows the health of all clusters at once, so that nobody who lost
 * sight of the primary begins to serve in its place; geoip becomes the nearest cluster, which is what people expect.
 */
export function steeringOfGslb({ strategy, primaryGeoTag }: Gslb): SteeringMethod {
  switch (strategy) {
    case "roundRobin":
      return { type: "weighted" };
    case "failover":
      return { type: "failover", tiers: primaryGeoTag === null ? [] : [[primaryGeoTag]] };
    case "geoip":
      return { type: "nearest" };
    default:
      return strategy satisfies never;
  }
}

function refuse(reason: string): ReadGslb {
  return { ok: false, reason };
}
