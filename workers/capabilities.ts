/**
 * What each runtime can do. Apart from the runtimes' own files, which platforms parse at every cold start. The
 * conformance suite is told from here what to expect, so a wrong line fails it.
 */
import type { EdgeCapabilities } from "../src/edge/capabilities.ts";

/** The engine on sockets is the same wherever there are sockets. */
const SOCKETS = {
  provesUnsent: true,
  hostOverride: "any",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "a MaxMind database, or headers of a trusted platform",
  concurrentFetches: null,
} as const;

export const NODE: EdgeCapabilities = { runtime: "Node", file: "workers/node.ts", ...SOCKETS };
export const DENO: EdgeCapabilities = { runtime: "Deno", file: "workers/deno.ts", ...SOCKETS };
export const BUN: EdgeCapabilities = { runtime: "Bun", file: "workers/bun.ts", ...SOCKETS };

export const CLOUDFLARE: EdgeCapabilities = {
  runtime: "Cloudflare Workers",
  file: "workers/cloudflare.ts",
  provesUnsent: false,
  hostOverride: "same-zone",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "request.cf",
  concurrentFetches: 6,
};

export const FETCH: EdgeCapabilities = {
  runtime: "any fetch runtime",
  file: "workers/fetch.ts",
  provesUnsent: false,
  hostOverride: "none",
  rawTarget: false,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "headers of the platform that LOCATION_HEADERS names",
  concurrentFetches: null,
};

export const CAPABILITIES: readonly EdgeCapabilities[] = [NODE, DENO, BUN, CLOUDFLARE, FETCH];
