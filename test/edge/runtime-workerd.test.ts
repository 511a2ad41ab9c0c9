import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/core/model.ts";
import type { SteeringPolicy } from "../../src/core/steering/policy.ts";
import { bundleEdge } from "../../scripts/bundle.ts";
import { CLOUDFLARE } from "../../workers/capabilities.ts";
import { ask } from "../conformance/edge-client.ts";
import { edgeRuntimeSuite } from "../conformance/edge-runtime.ts";
import { DEBUG_TOKEN, type EdgeStart, HOST, type RuntimeUnderTest, startEdgeWorld } from "../conformance/edge-world.ts";
import { startOtlpReceiver } from "../build/otlp-receiver.ts";
import { WORKERD_GAPS } from "./declared-gaps.ts";
import { startWorkerd } from "./workerd.ts";

const { modules } = await bundleEdge("cloudflare");

const workerd = (more: Readonly<Record<string, string>> = {}): RuntimeUnderTest => ({
  name: "workerd",
  provesUnsent: CLOUDFLARE.provesUnsent,
  // No zone is bound: there is nothing of Cloudflare's around this workerd.
  hostOverride: "none",
  start: ({ storeUrl, publicKeys, audience, location, bundled, debugToken }: EdgeStart) =>
    startWorkerd({
      modules,
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
        ...more,
      },
    }),
});
const WORKERD = workerd();

const withPolicy =
  (policy: Partial<SteeringPolicy>) =>
  (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    hosts: snapshot.hosts.map((host) => ({ ...host, policy: { ...host.policy, ...policy } })),
  });

edgeRuntimeSuite(WORKERD, WORKERD_GAPS);

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

  it("pushes what it counts as differences, which a receiver adds up", async () => {
    const receiver = await startOtlpReceiver();
    const world = await startEdgeWorld(
      workerd({
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-key=s%20ecret",
        OTEL_BSP_SCHEDULE_DELAY: "50",
      }),
    );
    await world.publish([HOST]);
    const edge = await world.start();
    for (let count = 1; count <= 3; count += 1) {
      await ask(edge.url, "/");
      await expect
        .poll(() => receiver.sum("portolan_requests_total", { portolan_cluster: "fra" }), { timeout: 20_000 })
        .toBe(count);
      expect(receiver.spans().filter(({ kind }) => kind === 2)).toHaveLength(count);
    }
    expect(new Set(receiver.got.map(({ key }) => key))).toEqual(new Set(["s ecret"]));
    expect(receiver.temporalities()).toEqual(new Set([1]));
    expect(receiver.last("portolan_snapshot_generation")).toBeGreaterThan(0);
    await world.close();
    receiver.close();
  }, 60_000);

  it("loads the policies when a snapshot comes that asks for them, and goes by them", async () => {
    const world = await startEdgeWorld(WORKERD);
    await world.publish([HOST]);
    const edge = await world.start();
    const answer = async () => (await ask(edge.url, "/")).text;
    await expect.poll(answer).toBe("fra");
    await world.publish([HOST], false, withPolicy({ method: { type: "failover", tiers: [["tok"]] } }));
    await expect.poll(answer, { timeout: 20_000 }).toBe("tok");
    await world.publish([HOST], false, withPolicy({ canary: everybodyTo("nyc") }));
    await expect.poll(answer, { timeout: 20_000 }).toBe("nyc");
    await world.publish([HOST]);
    await expect.poll(answer, { timeout: 20_000 }).toBe("fra");
    await world.close();
  }, 60_000);

  it("reads each host's part where it is told to, and follows it", async () => {
    const world = await startEdgeWorld({ ...workerd({ SNAPSHOT_PARTS: "true" }), readsParts: true });
    await world.publish([HOST, "*.wild.example.org"]);
    // Nothing else is there to be read.
    await world.store.forget("manifest");
    await world.store.forget("slices/");
    const edge = await world.start();
    const answer = async (host: string) => {
      const { status, text } = await ask(edge.url, "/", { host });
      return status === 200 ? text : status;
    };
    expect(await Promise.all([HOST, "a.wild.example.org", "nobody.example.org"].map(answer))).toEqual([
      "fra",
      "fra",
      404,
    ]);
    await world.publish([HOST], false, withPolicy({ method: { type: "failover", tiers: [["tok"]] } }));
    await expect.poll(() => answer(HOST), { timeout: 20_000 }).toBe("tok");
    await expect.poll(() => answer("a.wild.example.org"), { timeout: 20_000 }).toBe(404);
    await world.publish([HOST], true);
    expect(await answer(HOST)).toBe("tok");
    world.store.become("down");
    expect(await answer(HOST)).toBe("tok");
    await world.close();
  }, 60_000);

  it("keeps the hosts apart that it is asked for at once, and serves more of them than it keeps", async () => {
    const hosts = Array.from({ length: 230 }, (_, index) => `h${index}.example.org`);
    const world = await startEdgeWorld({ ...workerd({ SNAPSHOT_PARTS: "true" }), readsParts: true });
    const first = (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      hosts: snapshot.hosts.map((host) => ({
        ...host,
        policy: {
          ...host.policy,
          method: { type: "failover", tiers: [[Number(host.host.slice(1, -12)) % 2 === 0 ? "tok" : "nyc"]] },
        },
      })),
    });
    await world.publish(hosts, false, first);
    const edge = await world.start();
    for (let from = 0; from < hosts.length; from += 46) {
      const some = hosts.slice(from, from + 46);
      const answers = await Promise.all(some.map(async (host) => (await ask(edge.url, "/", { host })).text));
      expect(answers).toEqual(some.map((_, index) => ((from + index) % 2 === 0 ? "tok" : "nyc")));
    }
    expect((await ask(edge.url, "/", { host: "h0.example.org" })).text).toBe("tok");
    await world.close();
  }, 60_000);

  it("pins with the keys that are bound, from the first request of an isolate on", async () => {
    const keys = `k1:${Buffer.alloc(32, 7).toString("base64")}`;
    const world = await startEdgeWorld(workerd({ PIN_KEYS: keys }));
    await world.publish([HOST], false, withPolicy({ affinity: { type: "cookie", ttlMs: 3_600_000 } }));
    const edge = await world.start();
    const first = async () => {
      const { headers } = await ask(edge.url, "/");
      return headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? "";
    };
    await expect.poll(first).toMatch(/^__Host-portolan-[0-9a-f]{8}=1\.k1\./);
    const cookie = await first();
    await world.publish([HOST], false, (snapshot) =>
      withPolicy({ affinity: { type: "cookie", ttlMs: 3_600_000 }, canary: everybodyTo("nyc") })(snapshot),
    );
    await expect.poll(async () => (await ask(edge.url, "/")).text, { timeout: 20_000 }).toBe("nyc");
    expect((await ask(edge.url, "/", { headers: { cookie } })).text).toBe("fra");
    await world.close();
  }, 60_000);

  it("takes a country of the operator's overrides for a place", async () => {
    const world = await startEdgeWorld(workerd({ PLATFORM: "cloudflare" }));
    const override = { cidr: "203.0.113.0/24", country: "JP", location: null };
    await world.publish([HOST], false, (snapshot) => ({ ...snapshot, locationOverrides: [override] }));
    const edge = await world.start({ location: null });
    const from = async (address: string) => {
      const headers = { "cf-connecting-ip": address, "x-suite-cf": JSON.stringify({ country: "US" }) };
      return (await ask(edge.url, "/", { headers })).text;
    };
    await expect.poll(() => from("203.0.113.9")).toBe("tok");
    expect(await from("198.51.100.9")).toBe("nyc");
    await world.close();
  }, 60_000);

  it("answers all of the requests that a cold isolate gets at once, whatever they make it load", async () => {
    const world = await startEdgeWorld(WORKERD);
    await world.publish([HOST], false, withPolicy({ method: { type: "failover", tiers: [["tok"]] } }));
    // On a busy machine the store may take longer than a cold start waits for it.
    const edge = await world.start({ location: null, bundled: await world.bundle() });
    const asked = Array.from({ length: 30 }, (_, index) => {
      const debug = index % 3 === 0 ? { "portolan-debug": DEBUG_TOKEN } : {};
      return ask(edge.url, "/", { headers: { "x-suite-cf": JSON.stringify({ country: "PL" }), ...debug } });
    });
    const answers = await Promise.all(asked);
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(asked.map(() => "200 tok"));
    expect(answers.filter(({ headers }) => "portolan-decision" in headers)).toHaveLength(10);
    await world.close();
  }, 60_000);
});

function everybodyTo(name: string): SteeringPolicy["canary"] {
  return { clusters: [name], percent: 100, header: null, cookie: null };
}
