/** The edge on Fastly's own engine: `@fastly/js-compute` compiles it, Viceroy runs it. */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { fastlyScript } from "../../../scripts/bundle-fastly.ts";
import { fastlyCompiler } from "../../../scripts/fastly-compiler.ts";
import { FASTLY } from "../../../workers/capabilities.ts";
import { parseReport } from "../../../src/core/snapshot/report.ts";
import { fastlyKvStore } from "../../../src/store/fastly-kv-api.ts";
import { ask } from "../../conformance/edge-client.ts";
import { edgeRuntimeSuite } from "../../conformance/edge-runtime.ts";
import { HOST, type RuntimeUnderTest, startEdgeWorld } from "../../conformance/edge-world.ts";
import { FASTLY_GAPS } from "../../edge/declared-gaps.ts";
import { decisionHash, PARTS, partOf } from "../../edge/decisions/hash.ts";
import { decisionInput, INPUT } from "../../edge/decisions/input-plugin.ts";
import { type FastlyEdges, fastlyEdges, lackingForFastly } from "../../edge/fastly-edge.ts";
import { startViceroy } from "../../edge/viceroy.ts";
import { STORE_ID } from "../../store/kv/fastly.ts";
import { startKvServer, TOKEN } from "../../store/kv/server.ts";

const lacking = await lackingForFastly();
if (lacking !== null) console.warn(lacking);

describe.skipIf(lacking !== null)("on Fastly's own engine", () => {
  let edges: FastlyEdges | null = null;
  const started: FastlyEdges["start"] = async (...how) => await (edges ??= await fastlyEdges()).start(...how);
  afterAll(async () => await edges?.close());

  edgeRuntimeSuite(
    {
      name: "Fastly Compute (Viceroy)",
      provesUnsent: FASTLY.provesUnsent,
      hostOverride: FASTLY.hostOverride,
      readsParts: true,
      start: (options) => started(options),
    },
    FASTLY_GAPS,
  );

  describe("workers/fastly.ts", () => {
    const runtime: RuntimeUnderTest = {
      name: "Fastly",
      provesUnsent: FASTLY.provesUnsent,
      hostOverride: FASTLY.hostOverride,
      readsParts: true,
      start: (options) => started(options),
    };

    it("reads what control pushed to its KV Store, with no other store", async () => {
      const world = await startEdgeWorld(runtime);
      await world.publish([HOST, "*.wild.example.org"]);
      const server = await startKvServer("fastly");
      const target = fastlyKvStore({
        store: STORE_ID,
        baseUrl: server.url,
        token: () => Promise.resolve(TOKEN),
        random: Math.random,
        pause: () => Promise.resolve(),
      });
      const bundle = Object.entries(await world.bundle()).filter(([key]) => key.startsWith("parts/"));
      await target.putAll?.(new Map(bundle.map(([key, text]) => [key, new TextEncoder().encode(text)])));
      const kv = new Map([...server.values].map(([key, value]) => [key, value.toString()]));
      await server.close();
      world.store.become("down");
      const edge = await started(world.options, { kv });
      const answer = async (host: string) => (await ask(edge.url, "/", { host })).text.trim();
      expect(await answer(HOST)).toBe("fra");
      expect(await answer("a.wild.example.org")).toBe("fra");
      expect(await answer("nobody.example.org")).toBe("404 no such route");
      await world.close();
    }, 120_000);

    it("tells control what it serves by its KV Store, at most once a minute", async () => {
      const world = await startEdgeWorld(runtime);
      await world.publish([HOST]);
      const { url: SNAPSHOT_URL } = world.store;
      const settings = {
        SNAPSHOT_URL,
        PUBLIC_KEYS: JSON.stringify(world.options.publicKeys),
        AUDIENCE: world.options.audience,
        ALLOW_PRIVATE_ORIGINS: "true",
        EDGE_NAME: "shop",
      };
      const compiler = await fastlyCompiler(console.warn);
      const script = await fastlyScript(null, { entry: "test/edge/fastly-reports.ts" });
      const module = compiler?.compile(script.code) ?? new Uint8Array();
      const edge = await startViceroy({ module, settings, secrets: {}, kv: new Map() });
      onTestFinished(edge.close);
      expect((await ask(edge.url, "/")).status).toBe(200);
      const pop = /"edge":"(shop[a-z-]*)"/.exec(edge.output())?.[1] ?? "";
      const report = async () => (await ask(edge.url, `/~reports/${pop}`)).text;
      await expect.poll(report).toContain('"generation":1');
      const first = await report();
      expect(parseReport(first)).toMatchObject({ ok: true, report: { edge: pop, requests: 1 } });
      await ask(edge.url, "/");
      expect(await report()).toBe(first);
      expect(edge.output()).not.toContain("store-unreachable");
      await world.close();
    }, 400_000);

    it("takes the client's place from fastly:geolocation where its POP is not known", async () => {
      const world = await startEdgeWorld(runtime);
      await world.publish([HOST]);
      const geolocation = { "127.0.0.1": { country_code: "JP", latitude: 35.68, longitude: 139.69 } };
      const edge = await started({ ...world.options, location: null }, { geolocation });
      expect((await ask(edge.url, "/")).text).toBe("tok");
      const lies = { "fastly-client-ip": "192.0.2.1", "x-forwarded-for": "192.0.2.1" };
      expect((await ask(edge.url, "/", { headers: lies })).text).toBe("tok");
      await world.close();
    }, 120_000);

    it("starts with nothing but what it was built with", async () => {
      const world = await startEdgeWorld(runtime);
      await world.publish([HOST]);
      const bundled = await world.bundle();
      world.store.become("hanging");
      const edge = await started({ ...world.options, bundled });
      const began = performance.now();
      expect((await ask(edge.url, "/")).text).toBe("fra");
      expect(performance.now() - began).toBeGreaterThan(200);
      await world.close();
    }, 120_000);
  });

  it("decides 10,000 requests as every other runtime does", async () => {
    const script = await fastlyScript(null, {
      entry: "test/edge/decisions/fastly.ts",
      plugins: [decisionInput(INPUT)],
    });
    const compiler = await fastlyCompiler(console.warn);
    const module = compiler?.compile(script.code) ?? new Uint8Array();
    const edge = await startViceroy({ module, settings: {}, secrets: {}, kv: new Map() });
    onTestFinished(edge.close);
    for (let part = 0; part < PARTS; part += 1) {
      expect((await ask(edge.url, `/?part=${part}`)).text).toBe(await decisionHash(partOf(INPUT, part)));
    }
  }, 400_000);
});
