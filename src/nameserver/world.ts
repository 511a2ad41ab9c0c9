/** What answers are made from: zones, the table that `decide` reads, health, and the operator's places. */
import { allPolicies } from "../core/all-policies.ts";
import type { Cidr } from "../core/address/cidr.ts";
import { parseCidr } from "../core/address/cidr.ts";
import { isWithin } from "../core/dns/names.ts";
import type { RecordSet } from "../core/dns/records.ts";
import type { OverrideTable } from "../core/geo/client-location.ts";
import { overrideTable } from "../core/geo/override-table.ts";
import type { HealthView } from "../core/health/view.ts";
import type { HostRoutes, Route, Snapshot } from "../core/model.ts";
import { buildRoutingTable, type RoutingTable } from "../core/routing-table.ts";
import { type NameServer, type ServedZone, serveZone } from "./zone.ts";

/** Everything that one answer may depend on. Swapped as a whole; what was made from another one is thrown away. */
export interface NameWorld {
  readonly zones: ReadonlyMap<string, ServedZone>;
  readonly table: RoutingTable;
  readonly health: HealthView;
  readonly overrides: OverrideTable;
  readonly overrideCidrs: readonly Cidr[];
  readonly ttl: number;
}

export interface WorldParts {
  readonly snapshot: Snapshot;
  readonly health: HealthView;
  readonly zones: readonly string[];
  readonly nameServers: readonly NameServer[];
  readonly serial: number;
  readonly ttl: number;
  /** Fixed sets of each zone, by its name. */
  readonly sets: ReadonlyMap<string, readonly RecordSet[]>;
}

/** The world of a snapshot. */
export function nameWorld(parts: WorldParts): NameWorld {
  const { health, nameServers, serial, ttl } = parts;
  const snapshot = forNames(parts.snapshot);
  const zones = parts.zones.map((name) => {
    const hosts = snapshot.hosts.map(({ host }) => host).filter((host) => isWithin(bare(host), name));
    const inner = parts.zones.filter((other) => other !== name && isWithin(other, name));
    const own = hosts.filter((host) => !inner.some((other) => isWithin(bare(host), other)));
    return serveZone({ name, nameServers, serial, ttl, sets: parts.sets.get(name) ?? [], hosts: own });
  });
  return {
    zones: new Map(zones.map((zone) => [zone.name, zone])),
    table: buildRoutingTable(snapshot, allPolicies),
    health,
    overrides: overrideTable(snapshot.locationOverrides),
    overrideCidrs: snapshot.locationOverrides.flatMap(({ cidr }) => parseCidr(cidr) ?? []),
    ttl,
  };
}

function bare(host: string): string {
  return host.startsWith("*.") ? host.slice(2) : host;
}

/**
 * A name has no path, no header and no cookie: what counts is the rule for `/`, or the first one. A host under
 * maintenance keeps its name, since its answer comes from where the name leads to.
 */
function forNames(snapshot: Snapshot): Snapshot {
  const hosts = snapshot.hosts.flatMap((entry): readonly HostRoutes[] => {
    const route = entry.routes.find(({ path, pathType }) => pathType === null || path.value === "/") ?? entry.routes[0];
    if (route === undefined || entry.host === "*") return [];
    return [{ ...entry, routes: [whole(route)], policy: { ...entry.policy, maintenance: null, affinity: null } }];
  });
  return { ...snapshot, hosts };
}

function whole(route: Route): Route {
  return { ...route, path: { type: "Prefix", value: "/" }, pathType: "Prefix", method: null, headers: [], query: [] };
}
