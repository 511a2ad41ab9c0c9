/**
 * Who may use a host:
 *
 * | HostClaim names the host | then                                                         |
 * |--------------------------|--------------------------------------------------------------|
 * | yes                      | the namespaces (and clusters) it allows; the first listed owns it |
 * | no, it had an owner      | that owner, also for 24 h after its last rule went           |
 * | no, it is new            | the namespace of the oldest object, then by name             |
 *
 * Every conflict is reported on the object that loses, and costs nobody else anything.
 */
import { compareText } from "../match-route.ts";
import type { HostReservation, HostRoutes, Snapshot } from "../model.ts";
import type { HostClaimObject, Problem } from "../objects.ts";
import type { Declaration } from "./declaration.ts";
import { difference, isSameList } from "../difference.ts";
import { objectName, problemOf } from "./problem.ts";

/** How long a host stays with its owner after the last rule for it went. */
export const RESERVATION_MS = 86_400_000;

export interface OwnedHost {
  readonly owner: string;
  readonly declarations: readonly Declaration[];
}

export interface OwnershipResult {
  /** The same objects as before where nothing changed, and the same map: it is read before the next compile. */
  readonly hosts: ReadonlyMap<string, OwnedHost>;
  readonly reservations: readonly HostReservation[];
  readonly problems: readonly Problem[];
}

export interface OwnershipInput {
  /** By host; the same list where nothing changed. */
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** Its keys, sorted. */
  readonly names: readonly string[];
  readonly claims: readonly HostClaimObject[];
  readonly previous: Snapshot | null;
  readonly nowMs: number;
}

interface Judged {
  readonly declared: readonly Declaration[];
  readonly known: string | undefined;
  /** Null when nobody's declaration is left. */
  readonly owned: OwnedHost | null;
  readonly problems: readonly Problem[];
}

/** Gives each declared host to its owner and leaves out everybody else's declarations for it; remembers its judgements. */
export function hostOwners(): (input: OwnershipInput) => OwnershipResult {
  const judged = new Map<string, Judged>();
  const hosts = new Map<string, OwnedHost>();
  const ownersOf = previousOwners();
  let claims: readonly HostClaimObject[] = [];
  return ({ declarations, names, previous, nowMs, ...input }) => {
    if (!isSameList(claims, input.claims)) {
      judged.clear();
      hosts.clear();
    }
    claims = input.claims;
    const owners = ownersOf(previous, nowMs);
    const problems: Problem[] = [];
    for (const host of names) {
      const declared = declarations.get(host) ?? [];
      const known = owners.served.get(host) ?? owners.reserved.get(host);
      let one = judged.get(host);
      if (one === undefined || one.declared !== declared || one.known !== known) {
        one = { declared, known, ...judge(host, declared, claimFor(host, claims), known) };
        judged.set(host, one);
        if (one.owned === null) hosts.delete(host);
        else hosts.set(host, one.owned);
      }
      for (const problem of one.problems) problems.push(problem);
    }
    if (judged.size > names.length) {
      for (const host of judged.keys()) if (!declarations.has(host)) judged.delete(host);
      for (const host of hosts.keys()) if (!declarations.has(host)) hosts.delete(host);
    }
    return { hosts, reservations: reserve(hosts, owners, previous, nowMs), problems };
  };
}

function judge(
  host: string,
  declared: readonly Declaration[],
  claim: HostClaimObject | null,
  known: string | undefined,
): Pick<Judged, "owned" | "problems"> {
  const owner = ownerOf(host, declared, claim, known);
  const kept: Declaration[] = [];
  const losers = new Map<string, Declaration>();
  for (const declaration of declared) {
    if (isAllowed(declaration, claim, owner)) kept.push(declaration);
    else losers.set(`${declaration.cluster}/${objectName(declaration.meta)}`, declaration);
  }
  const problems = [...losers.values()].map((loser) => conflict(loser, host, owner, claim));
  return { owned: kept.length === 0 ? null : { owner, declarations: kept }, problems };
}

/** Who had which host, by host; one that is served and reserved belongs to who is served. */
interface Owners {
  readonly served: ReadonlyMap<string, string>;
  readonly reserved: ReadonlyMap<string, string>;
}

/** Remembers what is served: of ten thousand hosts one is another after a change. */
function previousOwners(): (previous: Snapshot | null, nowMs: number) => Owners {
  const served = new Map<string, string>();
  let known: readonly HostRoutes[] = [];
  return (previous, nowMs) => {
    const now = previous?.hosts ?? [];
    const { removed, added } = difference(known, now);
    for (const entry of removed) served.delete(entry.host);
    for (const entry of added) served.set(entry.host, entry.owner);
    known = now;
    const held = (previous?.reservations ?? []).filter((one) => nowMs - one.releasedAtMs < RESERVATION_MS);
    return { served, reserved: new Map(held.map((one) => [one.host, one.owner])) };
  };
}

function reserve(
  hosts: ReadonlyMap<string, OwnedHost>,
  { served, reserved }: Owners,
  previous: Snapshot | null,
  nowMs: number,
): readonly HostReservation[] {
  const releasedAt = new Map((previous?.reservations ?? []).map((held) => [held.host, held.releasedAtMs]));
  const reservations: HostReservation[] = [];
  const hold = (host: string, owner: string) => {
    // The rules without a host are nobody's name; holding them would lock a namespace out for a day for nothing.
    if (hosts.has(host) || host === "*") return;
    reservations.push({ host, owner, releasedAtMs: releasedAt.get(host) ?? nowMs });
  };
  for (const [host, owner] of served) hold(host, owner);
  for (const [host, owner] of reserved) if (!served.has(host)) hold(host, owner);
  return reservations.sort((a, b) => compareText(a.host, b.host));
}

/** The claim that names the host itself wins over a wildcard; then the oldest, then by name. */
function claimFor(host: string, claims: readonly HostClaimObject[]): HostClaimObject | null {
  const wildcard = `*.${host.slice(host.indexOf(".") + 1)}`;
  const exact = claims.filter((claim) => claim.hosts.includes(host));
  const pool = exact.length > 0 ? exact : claims.filter((claim) => claim.hosts.includes(wildcard));
  const sorted = [...pool].sort(
    (a, b) => a.meta.createdMs - b.meta.createdMs || compareText(objectName(a.meta), objectName(b.meta)),
  );
  return sorted[0] ?? null;
}

function ownerOf(
  host: string,
  declared: readonly Declaration[],
  claim: HostClaimObject | null,
  known: string | undefined,
): string {
  const claimed = claim?.namespaces[0];
  if (claimed !== undefined) return claimed;
  if (known !== undefined && host !== "*") return known;
  const oldest = [...declared].sort(
    (a, b) => a.meta.createdMs - b.meta.createdMs || compareText(a.meta.namespace, b.meta.namespace),
  );
  return oldest[0]?.meta.namespace ?? "";
}

function isAllowed(declaration: Declaration, claim: HostClaimObject | null, owner: string): boolean {
  if (claim === null) return declaration.host === "*" || declaration.meta.namespace === owner;
  if (!claim.namespaces.includes(declaration.meta.namespace)) return false;
  return claim.clusters.length === 0 || declaration.cluster === null || claim.clusters.includes(declaration.cluster);
}

function conflict(loser: Declaration, host: string, owner: string, claim: HostClaimObject | null): Problem {
  const by = claim === null ? `namespace ${owner}, which declared it first` : `the HostClaim ${claim.meta.name}`;
  const message = `Cannot route ${host} to this object: the host belongs to ${by}; use another host or ask for a HostClaim`;
  return problemOf("error", "HostConflict", loser.cluster, loser.meta, "spec.rules", message);
}
