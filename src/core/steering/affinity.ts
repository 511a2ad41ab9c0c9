/**
 * Session affinity. A cookie pins a client to the cluster that answered it; a header or the client's address only
 * decides ties and shares. A pin never overrides health, residency or a drain's deadline: it breaks, the client moves
 * once, and its new pin keeps it where it went, also when the old cluster is back.
 */
import type { Circumstances, PinOrder, RequestFacts, VerifiedPin } from "../decision.ts";
import type { Route } from "../model.ts";
import { headerOf } from "./canary.ts";
import { addressHash, hash32 } from "./hash.ts";
import type { Affinity } from "./policy.ts";

/** `__Host-` makes browsers refuse the cookie from other hosts, without Secure, or with a Domain (RFC 6265bis). */
export const PIN_COOKIE_PREFIX = "__Host-portolan-";

/** Name of a route's cookie: one per path of an object, since two services of a host need not be in the same clusters. */
export function pinCookie(route: Route): string {
  const text = `${route.kind} ${route.namespace}/${route.name} ${route.pathType ?? ""} ${route.path.value}`;
  return PIN_COOKIE_PREFIX + hash32(text).toString(16).padStart(8, "0");
}

/** The same for all requests of a client: by the header that the policy names, or by its address. */
export function clientHash(affinity: Affinity | null, request: RequestFacts, circumstances: Circumstances): number {
  const header = affinity?.type === "header" ? headerOf(request, affinity.name) : null;
  return header === null ? addressHash(circumstances.client.address, circumstances.seed) : hash32(header);
}

/** The client's pin for a cookie, if it has one that still counts. */
export function pinFor(cookie: string, { pins, nowMs }: Circumstances): VerifiedPin | null {
  return pins.find((pin) => pin.cookie === cookie && pin.expiresAtMs > nowMs) ?? null;
}

/**
 * What the edge signs once a cluster has answered. A pin past half of its time is renewed, so that a client that comes
 * every day keeps its place; the pin of a cluster that is being drained is not: it runs out with the drain.
 */
export function pinOrder(
  cookie: string,
  ttlMs: number,
  { pin, draining, nowMs }: { readonly pin: VerifiedPin | null; readonly draining: boolean; readonly nowMs: number },
): PinOrder {
  const keeps = pin !== null && (draining || pin.expiresAtMs - nowMs > ttlMs / 2);
  return { cookie, current: keeps ? pin.cluster : null, expiresAtMs: nowMs + ttlMs };
}
