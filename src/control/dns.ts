/**
 * DNS of one control function: what the snapshot and its health ask for, zone by zone, apart from publishing. A zone
 * that cannot be read, or a provider that throttles for minutes, holds up neither the edges nor another zone.
 */
import { explanation, rememberAsked } from "../core/dns/asked.ts";
import type { AskedMemory, AskedWorld } from "../core/dns/asked-memory.ts";
import { causeOf } from "../core/cause.ts";
import { type DesiredDns, desiredDns } from "../core/dns/desired.ts";
import type { DnsSettings } from "../core/dns/settings.ts";
import { canonicalJson } from "../core/snapshot/canonical.ts";
import type { HealthEvent, HealthOverlay } from "../core/health/model.ts";
import { dnsName, isWithin } from "../core/dns/names.ts";
import type { Snapshot } from "../core/model.ts";
import type { Store } from "../store/store.ts";
import { readAdopted, readAskedMemory, writeAskedMemory } from "./dns-memory.ts";
import type { HostNames } from "./dns-names.ts";
import type { HostsWish } from "./host-follow.ts";
import type { Hosts } from "./hosts.ts";
import { followZone, type FollowedZone, type ZoneNews } from "./dns-follow.ts";
import type { ZoneAccess } from "./dns-zone.ts";
import { readOrders } from "./interventions.ts";

export interface DnsDeps {
  /** Journal and memory; outlives the process. */
  readonly store: Store;
  /** Where people's approvals are. */
  readonly orders: Store;
  readonly settings: DnsSettings;
  /** In the order of `settings.zones`. */
  readonly zones: readonly ZoneAccess[];
  readonly writer: string;
  readonly names: HostNames;
  /** Hosts at the edges' platforms. */
  readonly hosts: Hosts;
  readonly digest: (text: string) => Promise<string>;
  readonly now: () => number;
  readonly onEvent: (event: HealthEvent) => void;
}

/** One look at the world, for DNS. */
export interface DnsWorld extends Omit<AskedWorld, "nowMs" | "isJudged"> {
  readonly health: HealthOverlay | null;
}

export interface Dns {
  /** Tells every zone what is wanted of it now. Never rejects: what went wrong is in the zones' status. */
  round(world: DnsWorld): Promise<void>;
  /** Resolves when no zone has anything left to do. */
  settled(): Promise<void>;
  readonly zones: readonly FollowedZone[];
  /** What cannot be expressed, or has no zone; sentences. */
  losses(): readonly string[];
}

/** What is wanted of all zones now; asks for host names until all that matter are known. */
export async function desiredNow(
  world: DnsWorld,
  {
    settings,
    zones,
    names,
    now,
    hosts,
  }: Pick<DnsDeps, "settings" | "zones" | "names" | "now"> & { readonly hosts: Pick<Hosts, "move" | "proofs"> },
): Promise<DesiredDns> {
  const managed = zones.map(({ settings: { name, visibility, id }, provider }) => ({
    zone: { name, visibility, id: id ?? name },
    capabilities: provider.capabilities,
  }));
  const config = { ...settings, zones: managed };
  const { snapshot, health, clusters: observed } = world;
  const extra = hosts.proofs(settings.ttlSeconds);
  const fixed = { snapshot, health, config, observed, extra, mayLead: hosts.move };
  const ask = (resolved: ReadonlyMap<string, readonly string[] | null>) =>
    desiredDns({ ...fixed, resolved, nowMs: now() });
  const first = ask(new Map());
  return first.resolve.length === 0 ? first : ask(await names.resolve(first.resolve, settings.ttlSeconds * 1000));
}

export function dns(deps: DnsDeps): Dns {
  let memory: AskedMemory | null = null;
  let explained = 0;
  let losses: readonly string[] = [];
  const onNews = ({ what, subject, cause }: ZoneNews) =>
    deps.onEvent({ atMs: deps.now(), by: "control", what, subject, cause, sinceMs: null, move: null });
  const zones = deps.zones.map((access) => followZone(access, { ...deps, onNews }));
  return {
    zones,
    losses: () => losses,
    async settled() {
      await deps.hosts.settled();
      await Promise.all(zones.map((zone) => zone.settled()));
    },
    async round(world) {
      try {
        const asked = { ...world, isJudged: true, nowMs: deps.now() };
        const before: AskedMemory = memory ?? (await readAskedMemory(deps.store));
        const next = rememberAsked(before, asked);
        if (memory === null || canonicalJson(next) !== canonicalJson(before)) {
          await writeAskedMemory(deps.store, next);
          explained += 1;
        }
        memory = next;
        const isExplained = explanation(next, asked, deps.settings.federation);
        deps.hosts.offer(wishOf(world.snapshot, next, zones, deps));
        const desired = await desiredNow(world, deps);
        ({ losses } = desired);
        const { approved } = await readOrders(deps.orders);
        const adopt = new Set(await readAdopted(deps.store));
        for (const [index, zone] of zones.entries()) {
          const wanted = desired.zones[index];
          if (wanted !== undefined) zone.offer(wanted, { isExplained, approved, adopt, explained });
        }
      } catch (error) {
        // The store is away, and with it the journal: without it nothing may be written.
        for (const zone of zones) zone.fail(causeOf(error));
      }
    },
  };
}

/** Which hosts are wanted at the edges, and when one that is not may go. */
function wishOf(
  { hosts }: Snapshot,
  memory: AskedMemory,
  zones: readonly FollowedZone[],
  { settings }: Pick<DnsDeps, "settings">,
): HostsWish {
  const wanted = hosts.map(({ host }) => host).filter((host) => host !== "*" && dnsName(host).ok);
  const served = new Set(wanted);
  const asked = new Set(memory.hosts.map(({ host }) => host));
  const holding = (host: string) =>
    zones.filter(({ access }) => access.settings.visibility === "public" && isWithin(host, access.settings.name));
  return {
    wanted,
    // As for records: control has withheld what nobody explained, so that it is wanted still.
    isExplained: (host) => asked.has(host) && !served.has(host),
    isPointed: (host) => holding(host).some((zone) => zone.holds(host) !== false),
    graceMs: (host) => (holding(host).length === 0 ? ELSEWHERE_MS : settings.ttlSeconds * 2000),
  };
}

/** Records of a zone that is not ours may stay for as long as their owner sleeps. */
const ELSEWHERE_MS = 86_400_000;
