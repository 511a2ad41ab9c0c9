import { bundleReader } from "../../src/core/snapshot/bundle.ts";
import { certificateTable } from "../../src/edge/http1/certificates.ts";
import { httpReader } from "../../src/store/http-reader.ts";
import { manifestVerifier, publicKeyOf } from "../../src/store/signature.ts";
import { startNodeEdge } from "../../workers/node-edge.ts";
import { selfSigned } from "../build/certificate.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { bridgeTo } from "./http2/bridge.ts";

const certificate = selfSigned("edge.example");

edgeRuntimeSuite(
  {
    name: "Node, asked over HTTP/2",
    provesUnsent: true,
    hostOverride: "any",
    async start({ storeUrl, publicKeys, audience, location, bundled, debugToken }) {
      const keys = new Map<string, Awaited<ReturnType<typeof publicKeyOf>>>();
      for (const [id, jwk] of Object.entries(publicKeys)) keys.set(id, await publicKeyOf(jwk));
      const edge = await startNodeEdge(
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
          certificates: certificateTable([certificate]),
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
      const bridge = await bridgeTo(edge.url, certificate.cert);
      return {
        url: bridge.url,
        async close() {
          await bridge.close();
          await edge.close();
        },
      };
    },
  },
  [
    {
      reason:
        "the suite's client speaks HTTP/1.1 to a bridge, which takes such a head itself (stream-head.test.ts has them)",
      tests: ["answers 400 to a malformed head", "removes what ends at this hop, also what Connection nominates"],
    },
    {
      reason: "HTTP/2 is over TLS here, so nothing is plain",
      tests: [
        "sends a plain request to https where its route asks for that",
        "takes no client's word for who it is, and keeps its own fields",
      ],
    },
  ],
);
