import { afterEach, describe, expect, it } from "vitest";
import { bundleEdge } from "../../../scripts/bundle.ts";
import { compile } from "../../../src/core/compile/compile.ts";
import { publishSnapshot } from "../../../src/core/snapshot/publish.ts";
import { generateSigningKeys, manifestSigner, sha256Hex } from "../../../src/store/signature.ts";
import { cluster, ingress, observation, rule, service } from "../../build/objects.ts";
import { FRANKFURT } from "../../build/world.ts";
import { ask, rawStatus } from "../../conformance/edge-client.ts";
import { startOrigin } from "../../conformance/edge-origin.ts";
import { startEdgeStore } from "../../conformance/edge-store.ts";
import { rawTalk } from "../http1/raw.ts";
import { startWorkerd } from "../workerd.ts";
import { type GatewayWorld, HOST, LINES, startGatewayWorld, startRecorder } from "./world.ts";

const { modules } = await bundleEdge("cloudflare");
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** workerd with the Cloudflare bundle → recorder → gateway → one pod. */
async function workerdWorld(keys: string | null) {
  const origin = await startOrigin("pod");
  closing.push(origin.stop);
  const world: GatewayWorld = await startGatewayWorld([origin], closing);
  const { port, sent } = await startRecorder(world.gateway.url, closing);
  const store = await startEdgeStore();
  closing.push(store.close);
  const gateway = {
    connectHost: "127.0.0.1",
    port,
    protocol: "http",
    serverName: null,
    ca: null,
    host: "public",
  } as const;
  const config = observation(null, {
    clusters: [cluster("fra", { location: FRANKFURT, gateway: { ...gateway, signed: true } })],
    ingresses: [ingress("web", { meta: { namespace: "shop" }, rules: [rule(HOST, "/", "web")] })],
  });
  const member = observation("fra", { services: [service("web", { namespace: "shop" })] });
  const { snapshot } = compile({ config, clusters: [member], previous: null, allowPrivateOrigins: true, nowMs: 0 });
  const signing = await generateSigningKeys();
  const sink = { put: store.store.put, digest: sha256Hex, sign: manifestSigner("m1", signing.privateKey) };
  const options = { epoch: 1, generation: 1, audience: "test", publishedAtMs: Date.now(), replaces: null };
  await publishSnapshot(sink, snapshot, { ...options, knownSlices: new Set() });
  const edge = await startWorkerd({
    modules,
    kv: store.url,
    bindings: {
      PUBLIC_KEYS: { m1: await crypto.subtle.exportKey("jwk", signing.publicKey) },
      AUDIENCE: "test",
      PLATFORM: "workerd",
      ALLOW_PRIVATE_ORIGINS: "true",
      ...(keys === null ? {} : { HOP_KEYS: keys }),
    },
  });
  closing.push(edge.close);
  return { origin, world, edge, sent };
}

describe("portolan gateway behind workerd", () => {
  it("gives the pod the public Host, which workerd cannot set", async () => {
    const { origin, edge, sent } = await workerdWorld(LINES.a);
    expect(await ask(edge.url, "/basket?x=1", { host: HOST })).toMatchObject({ status: 200, text: "pod" });
    expect(sent.join("").toLowerCase()).toContain("host: 127.0.0.1:");
    const [seen] = origin.seen;
    const all = (name: string) => seen?.headers.flatMap(([field, value]) => (field === name ? [value] : []));
    expect(all("host")).toEqual([HOST]);
    expect(all("x-forwarded-host")).toEqual([HOST]);
    expect(seen?.headers.filter(([name]) => name.startsWith("portolan-"))).toEqual([]);
    const body = "x".repeat(100_000);
    expect(await ask(edge.url, "/", { method: "POST", host: HOST, body })).toMatchObject({ status: 200 });
  }, 60_000);

  it("signs the target that stands in the request line, whatever workerd makes of it", async () => {
    const { origin, world, edge } = await workerdWorld(LINES.a);
    const targets = [
      "/",
      "/?",
      "/?a=1&b=%20c",
      "/a%2Fb/%7Euser/c%C3%A9",
      "/a//b///c",
      '/a"b<c>d^e`f{g}h|i',
      "/q?x=\"<>^`{}|[]'\\",
      "/a;b=c,d:e@f!$&'()*+=",
      "/a%25b%3Fc",
      "/x?y=%zz",
      "/x?#f",
    ];
    const statuses = [];
    for (const target of targets) {
      statuses.push([target, await rawStatus(edge.url, `GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)]);
    }
    // Some are refused by the edge; none may be refused by the gateway.
    expect(statuses.filter(([, status]) => status === 403)).toEqual([]);
    expect(world.metrics()).not.toMatch(/refused_total\{[^}]*\} [1-9]/);
    expect(origin.seen.length).toBeGreaterThan(7);
  }, 60_000);

  it("takes no second copy of what workerd sent", async () => {
    const { origin, world, edge, sent } = await workerdWorld(LINES.a);
    await ask(edge.url, "/pay", { host: HOST });
    const recorded = Buffer.from(`${sent[0]?.split("\r\n\r\n", 1)[0]}\r\n\r\n`, "latin1");
    const talk = await rawTalk(world.gateway.url, [{ bytes: recorded, delayMs: 0 }], 0);
    expect(talk.answers.map(({ status }) => status)).toEqual([403]);
    expect(world.refused("replayed")).toBe(1);
    expect(origin.seen).toHaveLength(1);
  }, 60_000);

  it("is not reached by an edge without a key, which refuses the snapshot and says so", async () => {
    const { origin, edge, sent } = await workerdWorld(null);
    expect((await ask(edge.url, "/", { host: HOST })).status).toBe(503);
    expect(edge.output()).toContain('requires the feature \\"signed-hop\\", but HOP_KEYS is not bound');
    expect(sent).toEqual([]);
    expect(origin.seen).toEqual([]);
  }, 60_000);
});
