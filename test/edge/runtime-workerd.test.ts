import { describe, expect, it } from "vitest";
import { bundleEdge } from "../../scripts/bundle.ts";
import { ask } from "../conformance/edge-client.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { type EdgeStart, HOST, type RuntimeUnderTest, startEdgeWorld } from "../conformance/edge-world.ts";
import { startWorkerd } from "./workerd.ts";

const { code } = await bundleEdge("cloudflare");

const WORKERD: RuntimeUnderTest = {
  name: "workerd",
  provesUnsent: false,
  hostOverride: "none",
  start: ({ storeUrl, publicKeys, audience, location, bundled, debugToken }: EdgeStart) =>
    startWorkerd({
      code,
      kv: storeUrl,
      bindings: {
        PUBLIC_KEYS: publicKeys,
        AUDIENCE: audience,
        PLATFORM: "workerd",
        ALLOW_PRIVATE_ORIGINS: "true",
        POLL_SECONDS: "0.05",
        DEBUG_TOKEN: debugToken,
        ...(location === null ? {} : { LOCATION: `${location.latitude},${location.longitude}` }),
        ...(bundled === null ? {} : { BUNDLED_SNAPSHOT: bundled }),
      },
    }),
};

edgeRuntimeSuite(WORKERD, [
  {
    reason: "workerd takes a client that closes for half-closed: without a reset it lets go at the route's timeout",
    tests: ["lets go of the origin when the client leaves before the answer"],
  },
]);

describe("workers/cloudflare.ts", () => {
  it("takes the client's place from request.cf when it does not know its own", async () => {
    const world = await startEdgeWorld(WORKERD);
    await world.publish([HOST]);
    const edge = await world.start({ location: null });
    const from = async (cf: object) =>
      (await ask(edge.url, "/", { headers: { "x-suite-cf": JSON.stringify(cf) } })).text;
    expect(await from({ country: "JP", latitude: "35.68", longitude: "139.69" })).toBe("tok");
    expect(await from({ country: "US", latitude: "40.71", longitude: "-74.00" })).toBe("nyc");
    expect(await from({ country: "PL" })).toBe("fra");
    await world.close();
  }, 60_000);
});
