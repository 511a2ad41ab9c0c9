/** What every zone should hold: from the snapshot, what is believed about health, and the operator's configuration. */
import { healthView } from "../health/view.ts";
import { compareText } from "../match-route.ts";
import type { HealthOverlay } from "../health/model.ts";
import type { Snapshot } from "../model.ts";
import type { Observation } from "../objects.ts";
import { type Answer, answerFor } from "./answer.ts";
import { type EdgePlace, edgeHostSets } from "./edge-hosts.ts";
import { federatedServices, type FederatedServiceNames, targetOf } from "./desired-services.ts";
import { type FederatedRecords, federatedServiceRecords, globalName } from "./federated-service.ts";
import { dnsName, isWithin, zonesOf } from "./names.ts";
import type { ManagedZone, NameRequest } from "./name-request.ts";
import { observedServices } from "./observed-services.ts";
import { podRequests } from "./pod-requests.ts";
import type { DesiredSet, Zone } from "./records.ts";

export interface DnsConfig {
  readonly zones: readonly ManagedZone[];
  /** Federated Services get names under `suffix`; null turns them off. */
  readonly federation: {
    readonly name: string;
    readonly suffix: string;
    readonly visibility: Zone["visibility"];
  } | null;
  /** Cluster gateways get the names `<cluster>.<originSuffix>`; null turns them off. */
  readonly originSuffix: string | null;
  readonly edges: readonly EdgePlace[];
  readonly ttlSeconds: number;
}

/** 30 s: short enough to follow health, long enough for resolvers to bear (reference FM28: at most 60 s). */
export const DEFAULT_TTL_SECONDS = 30;

export interface DesiredInput {
  readonly snapshot: Snapshot;
  /** null: nothing is known about health, and unknown counts as healthy. */
  readonly health: HealthOverlay | null;
  readonly config: DnsConfig;
  /** Host names as they were resolved last; null where that failed. */
  readonly resolved: ReadonlyMap<string, readonly string[] | null>;
  /** Member clusters as they were observed: the addresses of their Services; empty to go by the snapshot alone. */
  readonly observed: readonly Observation[];
  /** Sets that come from elsewhere: what edges ask for as proof of a host. */
  readonly extra: readonly DesiredSet[];
  /** Whether DNS of a public host may lead to an edge of that name; while that is unknown its records stay. */
  readonly mayLead: (host: string, edge: string) => "yes" | "no" | "unknown";
  readonly nowMs: number;
}

export interface DesiredZone {
  readonly zone: Zone;
  readonly sets: readonly DesiredSet[];
  /** Names whose content is not known at the moment: the planner leaves them as they are. */
  readonly keep: readonly string[];
}

export interface DesiredDns {
  /** One for each managed zone, in the order of the configuration. */
  readonly zones: readonly DesiredZone[];
  /** Host names to resolve before the next round. */
  readonly resolve: readonly string[];
  /** What a provider cannot express, or which name has no zone; one sentence each, sorted. */
  readonly losses: readonly string[];
}

/** Desired sets of all zones. Pure: the same inputs give the same sets, in the same order. */
export function desiredDns(input: DesiredInput): DesiredDns {
  const requests = [...ingressHosts(input), ...origins(input), ...services(input), ...pods(input), ...extras(input)];
  const all = new Map(
    input.config.zones.map((managed) => [managed, { sets: [] as DesiredSet[], keep: [] as string[] }]),
  );
  const losses = new Set<string>();
  const resolve = new Set<string>();
  for (const request of requests) {
    const { resource, visibility } = request;
    if (managedFor(input.config, request.name, visibility).length === 0) {
      losses.add(`No ${visibility} zone holds "${request.name}" of ${resource}`);
    }
    for (const [one, into] of all) {
      const isRelated =
        isWithin(request.name, one.zone.name) || (request.below !== null && isWithin(one.zone.name, request.below));
      if (one.zone.visibility !== visibility || !isRelated) continue;
      const { sets, keep, losses: lost, resolve: asked } = request.answer(one);
      const isHere = (name: string): boolean => managedFor(input.config, name, visibility).includes(one);
      into.sets.push(...sets.filter((set) => isHere(set.name)).map((set) => ({ set, resource, visibility })));
      into.keep.push(...keep.filter(isHere));
      for (const loss of lost) losses.add(loss);
      for (const hostName of asked) resolve.add(hostName);
    }
  }
  return {
    zones: [...all].map(([{ zone }, { sets, keep }]) => ({ zone, sets, keep: keep.toSorted(compareText) })),
    resolve: [...resolve].sort(compareText),
    losses: [...losses].sort(compareText),
  };
}

function managedFor({ zones }: DnsConfig, name: string, visibility: Zone["visibility"]): readonly ManagedZone[] {
  const listed = zones.map((one) => one.zone);
  const holding = new Set(zonesOf(name, listed, visibility));
  return zones.filter((one) => holding.has(one.zone));
}

/** Public hosts towards the edges. The rules without a host have no name, and none can be guessed. */
function ingressHosts({ snapshot, config, resolved, mayLead }: DesiredInput): readonly NameRequest[] {
  const { edges, ttlSeconds } = config;
  if (edges.length === 0) return [];
  const hosts = snapshot.hosts.filter(({ host }) => dnsName(host).ok && host !== "*");
  return hosts.map(({ host, sources, owner }): NameRequest => {
    const [source] = sources;
    const resource =
      source === undefined ? `host/${owner}/${host}` : resourceOf(source.kind, source.namespace, source.name);
    const open = openEdges(host, edges, mayLead);
    const answer = ({ zone, capabilities }: ManagedZone): FederatedRecords =>
      open.length === 0
        ? { sets: [], keep: [host], resolve: [], losses: [] }
        : recordsOf(host, edgeHostSets(host, open, { zone, capabilities, ttlSeconds, resolved }));
    return { name: host, resource, visibility: "public", below: null, answer };
  });
}

/** Edges that answer for a host; none while one of them is unknown, or no edge does: then the records stay. */
function openEdges(host: string, edges: readonly EdgePlace[], mayLead: DesiredInput["mayLead"]): readonly EdgePlace[] {
  const said = edges.map((edge) => ({ edge, may: mayLead(host, edge.name) }));
  if (said.some(({ may }) => may === "unknown")) return [];
  return said.flatMap(({ edge, may }) => (may === "yes" ? [edge] : []));
}

/** One name per cluster gateway, for runtimes that cannot fetch an address. */
function origins({ snapshot, config, resolved }: DesiredInput): readonly NameRequest[] {
  const { originSuffix, ttlSeconds } = config;
  if (originSuffix === null) return [];
  return snapshot.clusters.flatMap((cluster): readonly NameRequest[] => {
    const name = `${cluster.name}.${originSuffix}`;
    // A gateway that is configured by its published name already has it from elsewhere.
    if (cluster.gateway === null || cluster.gateway.connectHost === name) return [];
    const target = targetOf(cluster.gateway);
    const answer = ({ zone, capabilities }: ManagedZone): FederatedRecords => {
      const options = {
        capabilities,
        ttlSeconds,
        resolved,
        isApex: name === zone.name,
        alwaysResolve: false,
      };
      return recordsOf(name, answerFor(name, [target], options));
    };
    return [{ name, resource: `cluster/${cluster.name}`, visibility: "public", below: null, answer }];
  });
}

function extras({ extra }: DesiredInput): readonly NameRequest[] {
  return extra.map(({ set, resource, visibility }) => ({
    name: set.name,
    resource,
    visibility,
    below: null,
    answer: () => ({ sets: [set], keep: [], resolve: [], losses: [] }),
  }));
}

/** Names of every Service that has addresses of its own in some cluster; all of them in the zone of the suffix. */
function services(input: DesiredInput): readonly NameRequest[] {
  const { config, resolved } = input;
  const { federation, ttlSeconds } = config;
  if (federation === null) return [];
  const { visibility, suffix } = federation;
  return federated(input, federation).map(({ name, resource, members }): NameRequest => {
    const answer = ({ capabilities }: ManagedZone): FederatedRecords =>
      federatedServiceRecords(name, members, {
        ttlSeconds,
        capabilities,
        resolved,
        alwaysResolve: false,
        zoneNames: "every",
        whenEmpty: "keep",
      });
    return { name: globalName(name), resource, visibility, below: suffix, answer };
  });
}

/** Federated Services with members. */
function federated(
  { snapshot, health, nowMs, observed }: DesiredInput,
  { name, suffix }: { readonly name: string; readonly suffix: string },
): readonly FederatedServiceNames[] {
  const asked = { snapshot, health, nowMs, federation: name, suffix };
  const seen = observedServices({ ...asked, clusters: observed });
  // A Service that no cluster shows any more may still be in the snapshot: its removal is withheld.
  const unseen = federatedServices(asked).filter((one) => !seen.has(`${one.name.namespace}/${one.name.service}`));
  return [...seen.values(), ...unseen].filter(({ members }) => members.length > 0);
}

function pods(input: DesiredInput): readonly NameRequest[] {
  const { snapshot, health, nowMs, observed, config, resolved } = input;
  const { federation } = config;
  const taken = federation === null ? [] : federated(input, federation);
  const view = healthView(health, new Map());
  return podRequests({
    ...config,
    snapshot,
    clusters: observed,
    resolved,
    health: health !== null && nowMs < view.expiresAtMs ? view : null,
    taken: new Set(taken.map(({ name }) => `${name.namespace}/${name.service}`)),
  });
}

function recordsOf(name: string, { sets, keep, resolve, losses }: Answer): FederatedRecords {
  return { sets, keep: keep ? [name] : [], resolve, losses };
}

/** `kind/namespace/name` in lower case, as external-dns writes resources. */
export function resourceOf(kind: string, namespace: string, name: string): string {
  return `${kind.toLowerCase()}/${namespace}/${name}`;
}
