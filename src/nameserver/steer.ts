/**
 * A host's answer for one place: `decide` orders the clusters, the first one is answered with all its addresses. One
 * cluster and not all of them: resolvers take a set as a whole and choose from it as they like, so that neither weights
 * nor distance would hold.
 */
import { decideWith } from "../core/decide.ts";
import type { Candidate } from "../core/decision.ts";
import { targetOf } from "../core/dns/desired-services.ts";
import { dnsName } from "../core/dns/names.ts";
import { parseLiteral } from "../core/address/ip.ts";
import { matchHost } from "../core/match-route.ts";
import { biasedCost } from "../core/steering/ranking.ts";
import type { Place } from "./place.ts";
import { TYPE } from "./query.ts";
import type { NameWorld } from "./world.ts";

export interface Steered {
  /** Type of the answer: the one asked for, or CNAME; null for a name without records of the type. */
  readonly type: number | null;
  readonly values: readonly string[];
  /** Bits of the asking network for which this answer holds; 0 for everybody. */
  readonly scope: number;
}

/** More than a request needs: the nearest cluster may have no address of the family. */
const CANDIDATES = 8;
const WILDCARD_LABEL = "portolan-any-name";

/** The records of a host for who asks from a place. */
export function steer(host: string, type: number, { world, place, nowMs }: SteerContext): Steered {
  const asked = host.startsWith("*.") ? WILDCARD_LABEL + host.slice(1) : host;
  const { client, vantage, hash } = place;
  const decision = decideWith(world.table, world.health, {
    limit: CANDIDATES,
    trace: null,
    request: { method: "GET", host: asked, target: "/", headers: [] },
    circumstances: { client, vantage, nowMs, pins: [], offered: null, seed: hash },
  });
  if (decision.action !== "forward") return { type: null, values: [], scope: place.keyBits };
  const { candidates } = decision;
  const [first] = candidates;
  if (first === undefined) return { type: null, values: [], scope: place.keyBits };
  const scope = scopeOf(asked, candidates, { world, place });
  for (const candidate of candidates) {
    const { v4, v6, names } = targetsOf(candidate);
    const values = type === TYPE.aaaa ? v6 : type === TYPE.a ? v4 : [];
    if (values.length > 0) return { type, values, scope };
    // A CNAME stands alone, so it is never put beside addresses: those of the nearest cluster count before it.
    if (candidate === first && v4.length + v6.length === 0)
      return { type: TYPE.cname, values: names.slice(0, 1), scope };
    if (type !== TYPE.a && type !== TYPE.aaaa) break;
  }
  return { type: null, values: [], scope };
}

export interface SteerContext {
  readonly world: NameWorld;
  readonly place: Place;
  readonly nowMs: number;
}

/** How much of the asking network the answer depends on. */
function scopeOf(
  host: string,
  candidates: readonly Candidate[],
  { world, place }: Omit<SteerContext, "nowMs">,
): number {
  const match = matchHost(world.table, host);
  // Shares, canaries, rules by network and residency look at the client itself.
  if (match === null || match.table.beyond !== null) return place.keyBits;
  const [first, second] = candidates;
  if (first === undefined || second === undefined) return 0;
  const { terms, policy } = match.table.policy;
  const costs = [first, second].map(({ cluster, costUs }) => {
    const index = world.table.snapshot.clusters.findIndex((one) => one.name === cluster);
    return biasedCost(costUs, terms[index]?.bias ?? 0);
  });
  const [one = 0, other = 0] = costs;
  const window = Math.max(policy.tieWindow.ms * 1000, (Math.min(one, other) * policy.tieWindow.percent) / 100);
  // Clusters that are equally near share the clients of one place.
  return Math.abs(one - other) <= window ? place.keyBits : place.placeBits;
}

interface Targets {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly names: readonly string[];
}

function targetsOf(candidate: Candidate): Targets {
  const v4 = new Set<string>();
  const v6 = new Set<string>();
  const names = new Set<string>();
  for (const origin of candidate.origins) {
    // A gateway that takes requests signed by an edge only is no place for everybody.
    if (origin.signed) continue;
    const text = targetOf(origin).hostname ?? "";
    const address = parseLiteral(text);
    const name = dnsName(text);
    if (address !== null) (address.family === 4 ? v4 : v6).add(address.text);
    else if (name.ok) names.add(name.name);
  }
  return { v4: [...v4].sort(), v6: [...v6].sort(), names: [...names] };
}
