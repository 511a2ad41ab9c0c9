import { describe, expect, it } from "vitest";
import { bundleEdge } from "../../scripts/bundle.ts";
import { LAMBDA_EDGE } from "../../workers/capabilities.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { ask } from "../conformance/edge-client.ts";
import { type EdgeStart, HOST, type RuntimeUnderTest, startEdgeWorld } from "../conformance/edge-world.ts";
import { startDistribution } from "./cloudfront.ts";
import { LAMBDA_EDGE_GAPS } from "./declared-gaps.ts";
import { startLambda } from "./lambda-process.ts";

const { modules } = await bundleEdge("lambda-edge");

async function publicKeys(): Promise<object> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return { k1: await crypto.subtle.exportKey("jwk", publicKey) };
}

interface Deployment {
  readonly region: string;
  readonly viewer: Readonly<Record<string, string>>;
  readonly settings: object;
}

const lambdaEdge = (deployment: Partial<Deployment> = {}): RuntimeUnderTest => ({
  name: "Lambda@Edge",
  provesUnsent: LAMBDA_EDGE.provesUnsent,
  hostOverride: LAMBDA_EDGE.hostOverride,
  async start({ storeUrl, publicKeys, audience, location, bundled }) {
    const { region = "eu-central-1", viewer = {}, settings = {} } = deployment;
    const all = {
      SNAPSHOT_URL: storeUrl,
      PUBLIC_KEYS: publicKeys,
      AUDIENCE: audience,
      POLL_SECONDS: "0.05",
      ALLOW_PRIVATE_ORIGINS: "true",
      ...(location === null ? {} : { LOCATION: `${location.latitude},${location.longitude}` }),
      ...(bundled === null ? {} : { BUNDLED_SNAPSHOT: bundled }),
      ...settings,
    };
    return await startDistribution(await startLambda({ modules, settings: all, region }), () => viewer);
  },
});

edgeRuntimeSuite(lambdaEdge(), LAMBDA_EDGE_GAPS);

describe("workers/lambda-edge.ts", () => {
  async function answerOf(deployment: Partial<Deployment>, more: Partial<EdgeStart> = {}): Promise<string> {
    const world = await startEdgeWorld(lambdaEdge(deployment));
    await world.publish([HOST]);
    const edge = await world.start({ location: null, bundled: await world.bundle(), ...more });
    const { status, text } = await ask(edge.url, "/");
    await world.close();
    return `${status} ${text}`;
  }

  it("takes the place of the region that runs it for its own", async () => {
    expect(await answerOf({ region: "us-east-1" })).toBe("200 nyc");
    expect(await answerOf({ region: "ap-northeast-1" })).toBe("200 tok");
  });

  it("goes by the viewer's place where it does not know its own", async () => {
    const viewer = { "CloudFront-Viewer-Country": "JP", "CloudFront-Viewer-Latitude": "35.68" };
    expect(await answerOf({ region: "xx-nowhere-1", viewer })).toBe("200 tok");
  });

  it("sends nothing to an address that no origin may have", async () => {
    expect(await answerOf({ settings: { ALLOW_PRIVATE_ORIGINS: "false" } })).toContain("502 502 no cluster");
  });

  it("asks for another candidate when the origin group comes again, and notes what failed", async () => {
    const world = await startEdgeWorld(lambdaEdge());
    await world.publish([HOST]);
    const edge = await world.start({ bundled: await world.bundle() });
    world.origins[0].behave((_request, response) => void response.writeHead(503).end());
    for (let count = 0; count < 8; count += 1) expect((await ask(edge.url, "/")).text).toBe("nyc");
    // Five in a row are enough for outlier detection: the rest went to the second cluster at once.
    expect(world.origins[0].seen).toHaveLength(5);
    await world.close();
  });

  it("takes its settings from the distribution, and what is secret from the zip", async () => {
    const event = (given: string | null) => ({
      Records: [
        {
          cf: {
            config: { eventType: "origin-request", requestId: "1" },
            request: {
              clientIp: "192.0.2.1",
              method: "GET",
              uri: "/",
              querystring: "",
              headers: {},
              origin: { custom: { customHeaders: given === null ? {} : { "portolan-settings": [{ value: given }] } } },
            },
          },
        },
      ],
    });
    const answer = async (given: string | null, settings: object | null) => {
      const lambda = await startLambda({ modules, settings, region: "eu-central-1" });
      const result = await lambda.invoke(event(given)).catch(String);
      await lambda.close();
      return typeof result === "string" ? result : Object(result).status;
    };
    // Nothing listens there: an edge without a snapshot says so, which is an edge that has started.
    const given = JSON.stringify({ SNAPSHOT_URL: "http://127.0.0.1:9/", PUBLIC_KEYS: await publicKeys() });
    expect(await answer(given, null)).toBe("503");
    expect(await answer(given, { POLL_SECONDS: "0" })).toContain('POLL_SECONDS is "0"');
    expect(await answer("[]", null)).toContain("portolan-settings of the origin does not hold a JSON object");
    expect(await answer(null, null)).toContain("settings.mjs");
  });

  it("refuses to start without a store, and the event of another trigger, by name", async () => {
    const lambda = await startLambda({ modules, settings: {}, region: "eu-central-1" });
    const event = (eventType: string) => ({
      Records: [{ cf: { config: { eventType, requestId: "1" }, request: {} } }],
    });
    await expect(lambda.invoke(event("viewer-request"))).rejects.toThrow('Cannot serve the event "viewer-request"');
    await expect(lambda.invoke(event("origin-request"))).rejects.toThrow("the settings have no SNAPSHOT_URL");
    await lambda.close();
  });
});
