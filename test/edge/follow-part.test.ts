import { describe, expect, it } from "vitest";
import { partsSteps } from "../../src/control/push-parts.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import type { EdgeReport } from "../../src/core/health/model.ts";
import { bundleReader, type SnapshotBundle } from "../../src/core/snapshot/bundle.ts";
import type { SnapshotSource } from "../../src/core/snapshot/load.ts";
import { overlayText } from "../../src/core/snapshot/overlay.ts";
import { publishSnapshot } from "../../src/core/snapshot/publish.ts";
import { parseReport } from "../../src/core/snapshot/report.ts";
import { partFollower, type PartFollower } from "../../src/edge/follow-part.ts";
import { newEdgeState } from "../../src/edge/state.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { textStore } from "../../src/store/text.ts";
import { randomWorld } from "./decisions/random-world.ts";

const { snapshot: WORLD, overlay: OVERLAY } = randomWorld({ seed: 3, hosts: 6, clusters: 4, requests: 0 });
const HOST = (WORLD.hosts[0]?.host ?? "").replace("*", "x");

interface World {
  /** Publishes the world, or without its last host, and pushes its parts. */
  publish(hosts?: number): Promise<void>;
  source: SnapshotSource;
  bundle(): Promise<SnapshotBundle>;
  /** A follower, and what it reported last. */
  follow(): { readonly follower: PartFollower; reported(): Partial<EdgeReport> };
}

function makeWorld(): World {
  const store = memoryStore();
  const text = textStore(store);
  const sign = async () => ({ keyId: "k", signature: "s" });
  const steps = partsSteps({
    source: store,
    target: store,
    audience: "test",
    digest: sha256Hex,
    sign,
    onProblem: (line) => expect.fail(line),
  });
  let generation = 0;
  const source: SnapshotSource = { get: text.get, digest: sha256Hex, verify: null, audience: "test" };
  return {
    source,
    async publish(hosts = WORLD.hosts.length) {
      generation += 1;
      const replaces = (await text.getVersioned("manifest"))?.version ?? null;
      const options = { epoch: 1, generation, audience: "test", publishedAtMs: 0, replaces };
      const snapshot = { ...WORLD, hosts: WORLD.hosts.slice(0, hosts) };
      const sink = { put: text.put, digest: sha256Hex, sign: null };
      await publishSnapshot(sink, snapshot, { ...options, knownSlices: new Set<string>() });
      await text.put("overlay", overlayText(OVERLAY), "any");
      await steps.manifest();
      await steps.overlay();
    },
    async bundle() {
      const keys = await store.list("parts/");
      return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, (await text.get(key)) ?? ""])));
    },
    follow() {
      let last = "";
      const follower = partFollower(HOST, {
        state: newEdgeState("isolate-fra", null, 0),
        source: this.source,
        bring: () => Promise.resolve(allPolicies),
        report: async (_edge, report) => void (last = report),
        now: () => 1000,
        requests: () => 7,
        onProblem: () => undefined,
      });
      return {
        follower,
        reported() {
          const parsed = parseReport(last);
          return parsed.ok ? parsed.report : {};
        },
      };
    },
  };
}

describe("partFollower()", () => {
  it("reports the generation that the parts are in step with, not the one in which its own changed last", async () => {
    const world = makeWorld();
    await world.publish();
    const { follower, reported } = world.follow();
    await follower.refresh();
    expect(reported()).toMatchObject({ edge: "isolate-fra", epoch: 1, generation: 1, requests: 7, reportedAtMs: 1000 });
    await world.publish(WORLD.hosts.length - 1);
    await follower.refresh();
    expect(reported()).toMatchObject({ generation: 2, loadedAtMs: 1000 });
  });

  it("reports what it was shipped with while the store is away", async () => {
    const world = makeWorld();
    await world.publish();
    const bundled = { ...world.source, get: bundleReader(await world.bundle()) };
    await world.publish(WORLD.hosts.length - 1);
    world.source = { ...world.source, get: () => Promise.reject(new Error("away")) };
    const { follower, reported } = world.follow();
    await follower.coldStart(bundled);
    expect(reported()).toEqual({});
    await follower.report();
    expect(reported()).toMatchObject({ generation: 1 });
  });
});
