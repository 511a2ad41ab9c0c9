/**
 * What each runtime can do. Apart from the runtimes' own files, which platforms parse at every cold start. The
 * conformance suite is told from here what to expect, so a wrong line fails it.
 */
import type { RuntimeCapabilities } from "../src/core/capabilities.ts";

/** The engine on sockets is the same wherever there are sockets. */
const SOCKETS = {
  provesUnsent: true,
  hostOverride: "any",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "a MaxMind database, or headers of a trusted platform",
  reports: "its store, with a token",
  concurrentFetches: null,
} as const;

export const NODE: RuntimeCapabilities = { runtime: "Node", file: "workers/node.ts", ...SOCKETS };
export const DENO: RuntimeCapabilities = { runtime: "Deno", file: "workers/deno.ts", ...SOCKETS };
export const BUN: RuntimeCapabilities = { runtime: "Bun", file: "workers/bun.ts", ...SOCKETS };

export const CLOUDFLARE: RuntimeCapabilities = {
  runtime: "Cloudflare Workers",
  file: "workers/cloudflare.ts",
  provesUnsent: false,
  hostOverride: "same-zone",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "request.cf",
  reports: "Workers KV",
  concurrentFetches: 6,
};

/** An instance is not told that its client has left, and learns nothing for the next request: it reports its generation. */
export const FASTLY: RuntimeCapabilities = {
  runtime: "Fastly Compute",
  file: "workers/fastly.ts",
  provesUnsent: false,
  hostOverride: "any",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "fastly:geolocation",
  reports: "its KV Store",
  concurrentFetches: 32,
};

export const LAMBDA_EDGE: RuntimeCapabilities = {
  runtime: "CloudFront with Lambda@Edge",
  file: "workers/lambda-edge.ts",
  provesUnsent: false,
  hostOverride: "any",
  rawTarget: false,
  retry: "platform",
  streamsRequestBody: true,
  clientPlace: "CloudFront-Viewer headers",
  reports: null,
  concurrentFetches: null,
};

export const FETCH: RuntimeCapabilities = {
  runtime: "any fetch runtime",
  file: "workers/fetch.ts",
  provesUnsent: false,
  hostOverride: "none",
  rawTarget: false,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "headers of the platform that LOCATION_HEADERS names",
  reports: null,
  concurrentFetches: null,
};

export const CAPABILITIES: readonly RuntimeCapabilities[] = [NODE, DENO, BUN, CLOUDFLARE, FASTLY, LAMBDA_EDGE, FETCH];
