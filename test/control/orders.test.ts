import { describe, expect, it } from "vitest";
import { type OrderResult, orders } from "../../src/control/orders.ts";
import { newControlState, reconcile, type ReconcileResult } from "../../src/control/reconcile.ts";
import type { Observation } from "../../src/core/objects.ts";
import { allPolicies } from "../../src/core/all-policies.ts";
import { decide } from "../../src/core/decide.ts";
import { healthView } from "../../src/core/health/view.ts";
import { buildRoutingTable } from "../../src/core/routing-table.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { sha256Hex } from "../../src/store/signature.ts";
import { cluster, ingress, observation, rule, service } from "../build/objects.ts";
import { circumstancesAt, request } from "../build/world.ts";

const host = (name: string) => ingress(name, { rules: [rule(`${name}.example.org`, "/", "shop")] });

/** Control over two clusters, with the shop in both and the blog in one; `hosts` are what the config source says. */
function world() {
  const store = memoryStore();
  let now = 1_764_000_000_000;
  const held = (names: readonly string[]): Observation =>
    observation(null, { clusters: [cluster("us"), cluster("eu")], ingresses: names.map(host) });
  let config = held(["shop"]);
  const members = [
    observation("us", { services: [service("shop")] }),
    observation("eu", { services: [service("shop")] }),
  ];
  const reader = (observe: () => Observation) => ({
    cluster: observe().cluster,
    start: async () => undefined,
    observe,
    onChange: () => undefined,
    close: async () => undefined,
  });
  let state = newControlState(store);
  let last: ReconcileResult | null = null;
  const run = async (): Promise<ReconcileResult> => {
    now += 1000;
    const deps = {
      store,
      config: reader(() => config),
      clusters: () => members.map((member) => reader(() => member)),
      digest: sha256Hex,
      sign: null,
      verify: null,
      now: () => now,
    };
    last = await reconcile(deps, state, { audience: "test", allowPrivateOrigins: false });
    return last;
  };
  const given = orders({
    store,
    now: () => now,
    served() {
      const published = last?.published ?? null;
      return published === null ? null : { ...published.manifest, snapshot: published.snapshot };
    },
    pendingApprovals: () => (last?.approval == null ? [] : [last.approval]),
    trigger: () => undefined,
  });
  return {
    ...given,
    run,
    say(names: readonly string[], deleted: readonly string[] = []) {
      config = { ...held(names), deleted: new Set(deleted.map((name) => `Ingress/default/${name}`)) };
    },
    /** A new control function over the same store. */
    restart: () => void (state = newControlState(store)),
    leave: (name: string) =>
      void members.splice(
        members.findIndex((one) => one.cluster === name),
        1,
      ),
  };
}

const hostsOf = (result: ReconcileResult) => result.published?.snapshot.hosts.map((one) => one.host);
const weightOf = (result: ReconcileResult, name: string) =>
  result.published?.snapshot.clusters.find((one) => one.name === name)?.weight;
const text = (result: OrderResult) => (result.ok ? result.did : `${result.problem} | ${result.next}`);

describe("orders().rollback()", () => {
  it("serves the earlier generation under a new one, and holds what the objects say until it is ended", async () => {
    const { rollback, run, say, restart } = world();
    const first = await run();
    say(["shop", "blog"]);
    const second = await run();
    expect(text(await rollback("previous"))).toContain(`rolled back to ${first.published?.manifest.epoch}.1`);
    const back = await run();
    expect(hostsOf(back)).toEqual(["shop.example.org"]);
    expect(back.published?.manifest.generation).toBe(3);
    expect(back.published?.manifest.slices).toEqual(first.published?.manifest.slices);
    say(["shop", "blog", "third"]);
    restart();
    expect((await run()).outcome).toBe("unchanged");
    expect(text(await rollback("end"))).toMatch(/served again/);
    expect(hostsOf(await run())).toEqual(["blog.example.org", "shop.example.org", "third.example.org"]);
    expect(hostsOf(second)).toEqual(["blog.example.org", "shop.example.org"]);
  });

  it("keeps its target however many generations follow", async () => {
    const { rollback, drain, undrain, run, say } = world();
    await run();
    say(["shop", "blog"]);
    await run();
    await rollback("1");
    await run();
    for (let index = 0; index < 12; index += 1) {
      await drain("us", { host: null, deadlineMs: null, force: false });
      await run();
      await undrain("us", null);
      expect(hostsOf(await run())).toEqual(["shop.example.org"]);
    }
  });

  it("says which generations are kept when it is asked for another", async () => {
    const { rollback, run } = world();
    const { published } = await run();
    expect(text(await rollback("99"))).toBe(
      `Cannot roll back to "99": kept are ${published?.manifest.epoch}.1 | portolan rollback previous`,
    );
    expect(text(await rollback("end"))).toMatch(/there is none/);
  });
});

/** What an edge with this snapshot would do with a request for the host. */
function answers(result: ReconcileResult, host: string): { candidates: string[]; drained: string[] } {
  const snapshot = result.published?.snapshot;
  if (snapshot === undefined) throw new Error("nothing is published");
  const table = buildRoutingTable(snapshot, allPolicies);
  const decision = decide(table, healthView(null, new Map()), request(host, "/"), circumstancesAt(null));
  if (decision.action !== "forward") throw new Error(`not forwarded: ${JSON.stringify(decision)}`);
  return {
    candidates: decision.candidates.map((one) => one.cluster).sort(),
    drained: decision.excluded.filter((one) => one.code === "drained").map((one) => one.cluster),
  };
}

describe("orders().drain()", () => {
  it("takes the weight away until it is ended, also across a restart", async () => {
    const { drain, undrain, run, restart } = world();
    await run();
    expect(text(await drain("us", { host: null, deadlineMs: null, force: false }))).toContain("us is drained");
    expect(weightOf(await run(), "us")).toBe(0);
    restart();
    expect(weightOf(await run(), "us")).toBe(0);
    await undrain("us", null);
    expect(weightOf(await run(), "us")).toBe(100);
  });

  it("refuses to leave a host without a backend, unless it is forced", async () => {
    const { drain, run, leave } = world();
    leave("eu");
    await run();
    expect(text(await drain("us", { host: null, deadlineMs: null, force: false }))).toBe(
      "Cannot drain us: shop.example.org would be left without a backend | portolan drain us --force, if that is meant",
    );
    expect(weightOf(await run(), "us")).toBe(100);
    await drain("us", { host: null, deadlineMs: null, force: true });
    expect(weightOf(await run(), "us")).toBe(0);
  });

  it("counts clusters that are drained already", async () => {
    const { drain, run } = world();
    await run();
    await drain("us", { host: null, deadlineMs: null, force: false });
    await run();
    expect(text(await drain("eu", { host: null, deadlineMs: null, force: false }))).toMatch(
      /shop\.example\.org would be left/,
    );
  });

  it("drains one host alone, until it is ended", async () => {
    const { drain, undrain, run, say, restart } = world();
    say(["shop", "news"]);
    await run();
    const host = "shop.example.org";
    expect(text(await drain("us", { host, deadlineMs: null, force: false }))).toBe(
      "us for shop.example.org is drained, until: portolan drain us --host shop.example.org --end",
    );
    restart();
    const drained = await run();
    expect(weightOf(drained, "us")).toBe(100);
    expect(answers(drained, host)).toEqual({ candidates: ["eu"], drained: ["us"] });
    expect(answers(drained, "news.example.org")).toEqual({ candidates: ["eu", "us"], drained: [] });
    expect(text(await undrain("us", null))).toMatch(/nobody ordered one/);
    await undrain("us", host);
    expect(answers(await run(), host)).toEqual({ candidates: ["eu", "us"], drained: [] });
  });

  it("refuses a drain that would leave the host without a backend, and a host that nobody has", async () => {
    const { drain, run, say } = world();
    say(["shop", "news"]);
    await run();
    const host = "shop.example.org";
    await drain("us", { host, deadlineMs: null, force: false });
    await run();
    const left = /shop\.example\.org would be left without a backend/;
    expect(text(await drain("eu", { host, deadlineMs: null, force: false }))).toMatch(left);
    expect(text(await drain("eu", { host: null, deadlineMs: null, force: false }))).toMatch(left);
    expect(text(await drain("eu", { host: "news.example.org", deadlineMs: null, force: false }))).toMatch(/is drained/);
    expect(text(await drain("us", { host: "x.example.org", deadlineMs: null, force: false }))).toMatch(
      /no rule is for that host, only news\.example\.org, shop\.example\.org/,
    );
  });

  it("lets pinned clients stay until the deadline", async () => {
    const { drain, run } = world();
    await run();
    const deadlineMs = 1_764_000_600_000;
    await drain("us", { host: null, deadlineMs, force: false });
    const { published } = await run();
    expect(published?.snapshot.clusters.find((one) => one.name === "us")).toMatchObject({
      weight: 0,
      drainUntilMs: deadlineMs,
    });
  });

  it("names the clusters that there are", async () => {
    const { drain, undrain, run } = world();
    await run();
    expect(text(await drain("mars", { host: null, deadlineMs: null, force: false }))).toMatch(/only eu, us/);
    expect(text(await undrain("us", null))).toMatch(/nobody ordered one/);
  });
});

describe("orders().approve()", () => {
  it("lets exactly the removal pass that is withheld now", async () => {
    const { approve, run, say } = world();
    say(["shop", "blog"]);
    await run();
    expect(text(await approve("0".repeat(64)))).toMatch(/nothing is withheld/);
    say(["shop"]);
    const { approval } = await run();
    expect(text(await approve("0".repeat(64)))).toContain(`by now has the hash ${approval}`);
    expect(text(await approve(approval ?? ""))).toContain("approved");
    expect(hostsOf(await run())).toEqual(["shop.example.org"]);
  });
});
