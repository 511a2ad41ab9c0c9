/**
 * Ingress hosts in DNS: towards the one edge, or towards the nearest of several as well as the provider can say it.
 *
 * | the provider has          | and each edge has | sets                                                        |
 * |---------------------------|-------------------|-------------------------------------------------------------|
 * | geoproximity              | a place           | one per edge, with its place and bias                        |
 * | latency                   | a region          | one per edge                                                 |
 * | geolocation by continent  | a place           | one per continent, towards the edge nearest to its middle, and a default |
 * | weighted                  |                   | one per edge, equally likely                                 |
 * | none of them              |                   | all addresses together                                       |
 *
 * Every row below the first says in a loss report what it cannot do.
 */
import { distanceKm } from "../geo/distance.ts";
import { compareText } from "../match-route.ts";
import type { GeoPoint } from "../model.ts";
import { type Answer, addressSets, answerFor } from "./answer.ts";
import { type DnsCapabilities, plainSet, type RecordSet, type RoutingPolicy, type Zone } from "./records.ts";

/** An edge, or an anycast network of edges, under one name or at its own addresses. */
export interface EdgePlace {
  /** One DNS label. */
  readonly name: string;
  /** The platform's name for our edge; null for an edge at addresses. */
  readonly hostName: string | null;
  /** Canonical addresses; empty with a host name. */
  readonly addresses: readonly string[];
  readonly location: GeoPoint | null;
  /** The DNS provider's own region closest to the edge, for latency records. */
  readonly latencyRegion: string | null;
  /** -99…99: enlarges or shrinks the area served from here. */
  readonly bias: number;
  /** The provider's id of the zone that holds `hostName`, where an alias may point to it; null elsewhere. */
  readonly aliasZoneId: string | null;
}

export interface EdgeHostOptions {
  readonly zone: Zone;
  readonly capabilities: DnsCapabilities;
  readonly ttlSeconds: number;
  readonly resolved: ReadonlyMap<string, readonly string[] | null>;
}

interface Share {
  readonly edge: EdgePlace;
  readonly id: string;
  readonly policy: RoutingPolicy;
}

/** Rough middles of where people live, which is what a continent's clients have in common. */
const CONTINENTS: readonly (readonly [code: string, middle: GeoPoint])[] = [
  ["AF", { latitude: 5, longitude: 20 }],
  ["AS", { latitude: 28, longitude: 95 }],
  ["EU", { latitude: 50, longitude: 12 }],
  ["NA", { latitude: 38, longitude: -92 }],
  ["OC", { latitude: -32, longitude: 148 }],
  ["SA", { latitude: -16, longitude: -57 }],
];

/** Sets of one public host. The order of edges does not matter. */
export function edgeHostSets(host: string, edges: readonly EdgePlace[], options: EdgeHostOptions): Answer {
  const sorted = edges.toSorted((a, b) => compareText(a.name, b.name));
  const [first] = sorted;
  const isApex = host === options.zone.name;
  if (first === undefined) return { sets: [], keep: false, resolve: [], losses: [] };
  const canAlias =
    options.capabilities.alias && sorted.every((edge) => edge.aliasZoneId !== null || edge.hostName === null);
  const isPlain = isApex && !canAlias && sorted.some((edge) => edge.hostName !== null);
  if (sorted.length === 1 && !(isApex && canAlias && first.hostName !== null)) return together(host, sorted, options);
  if (sorted.length === 1) return { sets: aliasSets(host, first), keep: false, resolve: [], losses: [] };
  const { shares, losses } = sharesOf(host, sorted, options.capabilities);
  if (shares.length === 0 || isPlain) {
    const answer = together(host, sorted, options);
    return { ...answer, losses: [...losses, ...answer.losses] };
  }
  return { sets: policySets(host, shares, isApex, options), keep: false, resolve: [], losses };
}

/** All targets of all edges at one name, as far as DNS allows. */
function together(host: string, edges: readonly EdgePlace[], options: EdgeHostOptions): Answer {
  const targets = edges.flatMap((edge) => [
    ...(edge.hostName === null ? [] : [{ ip: null, hostname: edge.hostName }]),
    ...edge.addresses.map((ip) => ({ ip, hostname: null })),
  ]);
  return answerFor(host, targets, { ...options, isApex: host === options.zone.name, alwaysResolve: false });
}

/** Who gets which clients, and what of "the nearest" is lost. */
function sharesOf(
  host: string,
  edges: readonly EdgePlace[],
  { provider, policies, bias, geolocation }: DnsCapabilities,
): { readonly shares: readonly Share[]; readonly losses: readonly string[] } {
  const places = edges.flatMap((edge) => (edge.location === null ? [] : [{ edge, point: edge.location }]));
  const arePlaced = places.length === edges.length;
  const share = (edge: EdgePlace, policy: RoutingPolicy): Share => ({ edge, id: edge.name, policy });
  const biased = edges.filter((edge) => edge.bias !== 0).map((edge) => edge.name);
  const noBias =
    biased.length > 0 ? [`${provider} cannot express bias: that of ${biased.join(", ")} is lost for "${host}"`] : [];
  if (arePlaced && policies.includes("geoproximity")) {
    const shares = places.map(({ edge, point }) =>
      share(edge, { type: "geoproximity", region: null, point: rounded(point), bias: bias ? edge.bias : 0 }),
    );
    return { shares, losses: bias ? [] : noBias };
  }
  if (policies.includes("latency") && edges.every((edge) => edge.latencyRegion !== null)) {
    return {
      shares: edges.map((edge) => share(edge, { type: "latency", region: edge.latencyRegion ?? "" })),
      losses: noBias,
    };
  }
  if (arePlaced && policies.includes("geolocation") && geolocation.continent) {
    const loss = `${provider} cannot express distance: "${host}" is answered by continent`;
    return { shares: byContinent(places), losses: [loss, ...noBias] };
  }
  const loss = `${provider} cannot express distance, or the edges have no places: "${host}" is answered by chance`;
  if (!policies.includes("weighted")) return { shares: [], losses: [loss, ...noBias] };
  return { shares: edges.map((edge) => share(edge, { type: "weighted", weight: 1 })), losses: [loss, ...noBias] };
}

function byContinent(places: readonly { readonly edge: EdgePlace; readonly point: GeoPoint }[]): readonly Share[] {
  const nearest = (middle: GeoPoint): EdgePlace | undefined => {
    const ranked = places.map(({ edge, point }) => ({ edge, km: Math.round(distanceKm(point, middle)) }));
    // 1. distance in whole km; 2. name, so that equal distances never flap.
    return ranked.sort((a, b) => a.km - b.km || compareText(a.edge.name, b.edge.name))[0]?.edge;
  };
  const rule = (edge: EdgePlace | undefined, continent: string | null): readonly Share[] => {
    const policy: RoutingPolicy = { type: "geolocation", continent, country: null, subdivision: null };
    return edge === undefined ? [] : [{ edge, id: `${edge.name} ${continent ?? "default"}`, policy }];
  };
  // Without a default the rest of the world, and every unknown address, would get no answer at all.
  return [...CONTINENTS.flatMap(([code, middle]) => rule(nearest(middle), code)), ...rule(places[0]?.edge, null)];
}

function policySets(
  host: string,
  shares: readonly Share[],
  isApex: boolean,
  options: EdgeHostOptions,
): readonly RecordSet[] {
  const { ttlSeconds, zone } = options;
  const hasNames = shares.some((share) => share.edge.hostName !== null);
  const behind = (edge: EdgePlace): string => `portolan-edge-${edge.name}.${zone.name}`;
  const basis = (edge: EdgePlace): readonly RecordSet[] => {
    // One type for all sets of a name: addresses beside host names stand behind a name of their own.
    if (!hasNames) return addressSets(host, edge.addresses, ttlSeconds);
    if (isApex) return edge.hostName === null ? addressSets(host, edge.addresses, ttlSeconds) : aliasSets(host, edge);
    return [plainSet(host, "CNAME", [edge.hostName ?? behind(edge)], ttlSeconds)];
  };
  const sets = shares.flatMap(({ edge, id, policy }) =>
    basis(edge).map((set) => ({ ...set, setIdentifier: id, policy })),
  );
  if (!hasNames || isApex) return sets;
  const atAddresses = new Set(shares.map((share) => share.edge).filter((edge) => edge.hostName === null));
  return [...[...atAddresses].flatMap((edge) => addressSets(behind(edge), edge.addresses, ttlSeconds)), ...sets];
}

function aliasSets(host: string, edge: EdgePlace): readonly RecordSet[] {
  const alias = { name: edge.hostName ?? "", zoneId: edge.aliasZoneId, evaluateTargetHealth: false };
  return ["A", "AAAA"].map((type) => ({ ...plainSet(host, type, [], 0), ttlSeconds: null, alias }));
}

function rounded({ latitude, longitude }: GeoPoint): GeoPoint {
  const two = (value: number): number => Math.round(value * 100) / 100;
  return { latitude: two(latitude), longitude: two(longitude) };
}
