import { bundleReader } from "../../src/core/snapshot/bundle.ts";
import { httpReader } from "../../src/store/http-reader.ts";
import { manifestVerifier, publicKeyOf } from "../../src/store/signature.ts";
import { NODE } from "../../workers/capabilities.ts";
import { startNodeEdge } from "../../workers/node-edge.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";

edgeRuntimeSuite({
  name: "Node",
  provesUnsent: NODE.provesUnsent,
  hostOverride: NODE.hostOverride,
  async start({ storeUrl, publicKeys, audience, location, bundled, debugToken }) {
    const keys = new Map<string, Awaited<ReturnType<typeof publicKeyOf>>>();
    for (const [id, jwk] of Object.entries(publicKeys)) keys.set(id, await publicKeyOf(jwk));
    return await startNodeEdge(
      {
        name: "node",
        listen: { host: "127.0.0.1", port: 0 },
        location,
        trustedProxies: [],
        trustedHops: 0,
        trustedHeader: null,
        locationHeaders: null,
        debugToken,
        audience,
        allowPrivateOrigins: true,
        pollIntervalMs: 50,
      },
      {
        store: { get: httpReader(storeUrl), report: null },
        verify: manifestVerifier(keys),
        bundled: bundled === null ? null : bundleReader(bundled),
        locator: null,
        accessLog: null,
        log: () => undefined,
      },
    );
  },
});
