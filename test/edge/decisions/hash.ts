/** Decides many requests and hashes every decision: the same bytes on every runtime (DESIGN.md rule 11). */
import { decide } from "../../../src/core/decide.ts";
import { locateClient } from "../../../src/core/geo/client-location.ts";
import { KNOWN_COUNTRIES } from "../../../src/core/geo/countries.ts";
import { overrideTable } from "../../../src/core/geo/override-table.ts";
import { timeZonePoint } from "../../../src/core/geo/time-zones.ts";
import { healthView } from "../../../src/core/health/view.ts";
import type { RequestFacts } from "../../../src/core/decision.ts";
import type { HealthOverlay } from "../../../src/core/health/model.ts";
import type { Snapshot } from "../../../src/core/model.ts";
import { allPolicies } from "../../../src/core/all-policies.ts";
import { buildRoutingTable } from "../../../src/core/routing-table.ts";
import { canonicalJson } from "../../../src/core/snapshot/canonical.ts";
import { sha256Hex } from "../../../src/store/signature.ts";
import { parseAddress } from "../../../src/core/address/ip.ts";
import { classifyAddress } from "../../../src/core/address/classify.ts";

const PLACES = { zonePoint: timeZonePoint, countries: KNOWN_COUNTRIES };

export interface DecisionInput {
  readonly snapshot: Snapshot;
  readonly overlay: HealthOverlay;
  readonly requests: readonly {
    readonly facts: RequestFacts;
    readonly client: string;
    readonly latitude: number;
    readonly longitude: number;
  }[];
}

/** How many parts there are for a runtime that cannot decide all requests in one go. */
export const PARTS = 5;

/** Every fifth request, from the one of that number on. */
export function partOf(input: DecisionInput, part: number): DecisionInput {
  return { ...input, requests: input.requests.filter((_, index) => index % PARTS === part) };
}

/** Decisions that are hashed at once: Fastly's engine takes a text of many megabytes for an empty one. */
const TOGETHER = 100;

/** SHA-256 over the canonical texts of all decisions, and how many forwarded. */
export async function decisionHash(input: DecisionInput): Promise<string> {
  const table = buildRoutingTable(input.snapshot, allPolicies);
  const health = healthView(input.overlay, new Map());
  const overrides = overrideTable(input.snapshot.locationOverrides);
  const texts: string[] = [];
  let forwarded = 0;
  for (const [seed, { facts, client: text, latitude, longitude }] of input.requests.entries()) {
    const address = parseAddress(text);
    const addressClass = classifyAddress(address);
    const location = locateClient({ address, addressClass, overrides, locator: null, ...PLACES });
    const client = { address: address?.text ?? null, class: addressClass, location };
    const vantage = { of: "edge", place: "suite", point: { latitude, longitude } } as const;
    const nowMs = input.overlay.observedAtMs;
    const offered = new Map(input.snapshot.clusters.map(({ name }, index) => [name, index * 20]));
    const decision = decide(table, health, facts, { client, vantage, nowMs, pins: [], offered, seed });
    if (decision.action === "forward") forwarded += 1;
    texts.push(canonicalJson(decision));
  }
  const hashes: string[] = [];
  for (let from = 0; from < texts.length; from += TOGETHER) {
    hashes.push(await sha256Hex(texts.slice(from, from + TOGETHER).join("\n")));
  }
  return `${await sha256Hex(hashes.join("\n"))} ${forwarded}`;
}
