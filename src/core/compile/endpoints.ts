/** EndpointSlices → origins and readiness. What edges must never connect to is left out here and said so. */
import { type Cidr, parseCidrs } from "../address/cidr.ts";
import { parseLiteral } from "../address/ip.ts";
import type { Origin } from "../model.ts";
import type { EndpointSliceObject, Problem, ServicePort } from "../objects.ts";
import { addressOrigin, hostProblem } from "./clusters.ts";
import { isEverydayPodAddress } from "./pod-address.ts";
import { problemOf } from "./problem.ts";

export interface EndpointOrigins {
  /** Ready endpoints; when none is ready all of them, so that a panic has where to go (DESIGN.md rule 4). */
  readonly origins: readonly Origin[];
  /** The last address that was refused, and why. */
  readonly trouble: string | null;
}

/** Origins of a service port from its slices. */
export function endpointOrigins(
  allowedCidrs: readonly Cidr[],
  slices: readonly EndpointSliceObject[],
  port: ServicePort,
  { protocol, allowPrivateOrigins }: { readonly protocol: Origin["protocol"]; readonly allowPrivateOrigins: boolean },
): EndpointOrigins {
  let ready: Origin[] = [];
  let others: Origin[] = [];
  let trouble: string | null = null;
  for (const slice of slices) {
    const number = slicePort(slice, port);
    if (number === null || number === 0) continue;
    for (const endpoint of slice.endpoints) {
      // Kubernetes gives the other addresses of an endpoint no meaning.
      const address = endpoint.addresses[0] ?? "";
      const problem = endpointProblem(address, allowedCidrs, allowPrivateOrigins);
      if (problem !== null) {
        trouble = `its endpoint "${address}" is refused: it ${problem}`;
        continue;
      }
      const origin = addressOrigin(address, number, { protocol, cidrs: allowedCidrs });
      if (endpoint.ready) ready = plus(ready, origin);
      else others = plus(others, origin);
    }
  }
  const origins = ready.length > 0 ? ready : others;
  // A copy has the size that it needs; what grew by pushing has room for sixteen more.
  return { origins: origins.length < 2 ? origins : origins.slice(), trouble };
}

/** The list with one more. Nearly always the only one: half a million lists of one element are made in their size. */
function plus(list: Origin[], one: Origin): Origin[] {
  if (list.length === 0) return [one];
  list.push(one);
  return list;
}

/** `ready/total` endpoints of a service port. */
export function readiness(slices: readonly EndpointSliceObject[], port: ServicePort): string {
  let ready = 0;
  let total = 0;
  for (const slice of slices) {
    if (slicePort(slice, port) === null) continue;
    total += slice.endpoints.length;
    for (const endpoint of slice.endpoints) if (endpoint.ready) ready += 1;
  }
  return countText(ready, total);
}

const SMALL = 32;
const smallCounts: string[] = [];

/** Half a million counts are a handful of texts. */
function countText(ready: number, total: number): string {
  if (total >= SMALL) return `${ready}/${total}`;
  return (smallCounts[total * SMALL + ready] ??= `${ready}/${total}`);
}

/**
 * Addresses that no pod can have: special ones, metadata services, and spellings that readers disagree about. Whoever
 * can write an EndpointSlice could otherwise aim the edges at them (CVE-2021-25737). Private ones are what pods have.
 */
export function forbiddenEndpoints(
  cluster: string | null,
  slices: readonly EndpointSliceObject[],
  allowPrivateOrigins: boolean,
): readonly Problem[] {
  anyPrivate ??= parseCidrs(PRIVATE).cidrs;
  const problems: Problem[] = [];
  for (const slice of slices) {
    if (slice.endpoints.every(hasEverydayAddresses)) continue;
    for (const [index, { addresses }] of slice.endpoints.entries()) {
      for (const [at, address] of addresses.entries()) {
        const problem = hostProblem(address, anyPrivate, allowPrivateOrigins);
        if (problem === null) continue;
        const field = `endpoints[${index}].addresses[${at}]`;
        const message = `Cannot use the address "${address}": it ${problem}`;
        problems.push(problemOf("error", "ForbiddenAddress", cluster, slice.meta, field, message));
      }
    }
  }
  return problems;
}

function hasEverydayAddresses({ addresses }: EndpointSliceObject["endpoints"][number]): boolean {
  return addresses.every(isEverydayPodAddress);
}

/** As `hostProblem`, but a name is refused too: it may resolve to anything, at any time. */
function endpointProblem(address: string, allowedCidrs: readonly Cidr[], allowPrivateOrigins: boolean): string | null {
  if (allowPrivateOrigins && isEverydayPodAddress(address)) return null;
  if (parseLiteral(address) === null) return "is not an IP address in its usual spelling";
  return hostProblem(address, allowedCidrs, allowPrivateOrigins);
}

const PRIVATE: readonly string[] = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "fc00::/7",
];

let anyPrivate: readonly Cidr[] | null = null;

/** A slice names its ports like the Service does; a Service with one nameless port has one nameless port there. */
export function slicePort(slice: EndpointSliceObject, port: ServicePort): number | null {
  const match = slice.ports.find((one) => (one.name ?? "") === (port.name ?? ""));
  return match?.port ?? null;
}
