import type { EdgeCapabilities } from "../src/edge/capabilities.ts";

/** What every runtime with sockets can do, since the engine is the same. */
export const SOCKET_CAPABILITIES: Omit<EdgeCapabilities, "runtime" | "file"> = {
  provesUnsent: true,
  hostOverride: "any",
  rawTarget: true,
  retry: "in-request",
  streamsRequestBody: true,
  clientPlace: "a MaxMind-format database, or headers of a trusted platform in front",
  concurrentFetches: null,
};
