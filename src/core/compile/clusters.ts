/** Cluster objects → clusters: where each one is, and where its bytes go. */
import { type Cidr, cidrContains, parseCidrs } from "../address/cidr.ts";
import { parseLiteral } from "../address/ip.ts";
import { originAddressProblem } from "../address/origin-address.ts";
import { nearestRegionNames, regionPoint } from "../geo/regions/regions.ts";
import { compareText } from "../match-route.ts";
import type { Cluster, GeoPoint, Origin } from "../model.ts";
import type { ClusterObject, Problem } from "../objects.ts";
import { nameProblem } from "../request/host.ts";
import { problemOf } from "./problem.ts";

export interface ClustersResult {
  readonly clusters: readonly Cluster[];
  readonly problems: readonly Problem[];
}

/** Clusters sorted by name. A cluster without a place stays, with a warning: it is the last choice by distance. */
export function compileClusters(objects: readonly ClusterObject[], allowPrivateOrigins: boolean): ClustersResult {
  const problems: Problem[] = [];
  const clusters = objects.map((object) => ({
    name: object.meta.name,
    provider: object.provider,
    region: object.region,
    zone: object.zone,
    location: placeOf(object, problems),
    residency: [...object.residency].sort(compareText),
    weight: object.drain === null ? object.weight : 0,
    bias: object.bias,
    capacity: object.capacity,
    ramp: object.ramp,
    drainUntilMs: object.drain?.deadlineMs ?? null,
    limits: object.limits,
    gateway: gatewayOf(object, allowPrivateOrigins, problems),
  }));
  return { clusters: clusters.sort((a, b) => compareText(a.name, b.name)), problems };
}

function placeOf(object: ClusterObject, problems: Problem[]): GeoPoint | null {
  if (object.location !== null) return object.location;
  const { provider, region } = object;
  const row = provider === null || region === null ? null : regionPoint(provider, region);
  if (row !== null) return { latitude: row.latitude, longitude: row.longitude };
  const near = provider === null || region === null ? [] : nearestRegionNames(provider, region);
  const hint = near.length === 0 ? "set spec.location" : `set spec.location, or did you mean ${near.join(" or ")}?`;
  const message = `Cannot place the cluster: ${provider ?? "no provider"}/${region ?? "no region"} is not in the regions table; ${hint}`;
  problems.push(problemOf("warning", "UnknownRegion", null, object.meta, "spec.region", message));
  return null;
}

function gatewayOf(object: ClusterObject, allowPrivateOrigins: boolean, problems: Problem[]): Origin | null {
  const gateway = object.gateway;
  if (gateway === null) return null;
  const { cidrs } = parseCidrs(object.originCidrs);
  const problem = hostProblem(gateway.connectHost, cidrs, allowPrivateOrigins);
  if (problem === null) return { ...gateway, allowedCidrs: cidrsFor(gateway.connectHost, cidrs) };
  const message = `Cannot use the gateway ${gateway.connectHost}: it ${problem}`;
  problems.push(problemOf("error", "ForbiddenAddress", null, object.meta, "spec.gateway.connectHost", message));
  return null;
}

/**
 * Why an origin's connect host is refused, as a clause (`is a loopback address`); null when it is fine. Literals are
 * judged by their range. A name can only be judged by what it says here, and again when an edge resolves it.
 */
export function hostProblem(host: string, allowedCidrs: readonly Cidr[], allowPrivateOrigins: boolean): string | null {
  const bare = (host.endsWith(".") ? host.slice(0, -1) : host).toLowerCase();
  if (isName(bare)) return nameIsSpecial(bare, allowPrivateOrigins);
  return originAddressProblem(host, { allowedCidrs, allowPrivateOrigins });
}

/** The origin at an address that stands in an object of the cluster. */
export function addressOrigin(
  connectHost: string,
  port: number,
  more: { readonly protocol: Origin["protocol"]; readonly serverName?: string | null; readonly cidrs: readonly Cidr[] },
): Origin {
  const { protocol, serverName = null, cidrs } = more;
  return {
    connectHost,
    port,
    protocol,
    serverName,
    ca: null,
    host: "public",
    allowedCidrs: cidrsFor(connectHost, cidrs),
    signed: false,
  };
}

/**
 * What an edge needs to know of a cluster's ranges to judge as it is judged here: for an address the range that holds
 * it, for a name all of them, since it may resolve into any.
 */
export function cidrsFor(host: string, cidrs: readonly Cidr[]): readonly string[] {
  if (cidrs.length === 0) return NONE;
  const ip = parseLiteral(host);
  const wanted = ip === null ? cidrs : cidrs.filter((cidr) => cidrContains(cidr, ip)).slice(0, 1);
  return wanted.map((cidr) => cidr.text).sort(compareText);
}

const NONE: readonly string[] = [];

/** RFC 6761 §6.3, and the names under which clouds serve credentials. */
function nameIsSpecial(name: string, allowPrivateOrigins: boolean): string | null {
  if (METADATA_NAMES.includes(name)) return "is the name of a cloud metadata service";
  const loopback = name === "localhost" || name.endsWith(".localhost");
  return loopback && !allowPrivateOrigins ? "is a name of the loopback address" : null;
}

const METADATA_NAMES: readonly string[] = [
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
];

/** Not a name: anything that a resolver might read as an address, `127.1`, `0x7f.1`, `2130706433`, `1.2.3.4%eth0`. */
function isName(host: string): boolean {
  const last = host.slice(host.lastIndexOf(".") + 1);
  return nameProblem(host) === null && !last.startsWith("0x") && !isDigits(last);
}

function isDigits(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
