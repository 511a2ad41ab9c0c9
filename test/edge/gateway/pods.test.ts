import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { apiResources, type ApiResource } from "../../../src/cli/sim/api-resources.ts";
import { startApiServer } from "../../../src/cli/sim/api-server.ts";
import { objectStore } from "../../../src/cli/sim/object-store.ts";
import { ask } from "../../conformance/edge-client.ts";
import { startOrigin, type TestOrigin } from "../../conformance/edge-origin.ts";
import { eventually } from "../../scenarios/until.ts";
import { load } from "./load.ts";
import { askSigned } from "./signed-request.ts";
import { temporaryFolder } from "../../build/files-edge.ts";
import { LINES, SERVICE, slice, startEdgeFor, startGatewayWorld } from "./world.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function pods(...names: readonly string[]): Promise<TestOrigin[]> {
  const all = [];
  for (const name of names) {
    const one = await startOrigin(name);
    closing.push(one.stop);
    all.push(one);
  }
  return all;
}

/** Answers nothing until it is told to; `waiting` resolves when a request is there. */
function held(origin: TestOrigin): { waiting(): Promise<unknown>; release(): void } {
  const open: ServerResponse[] = [];
  origin.behave((_request, response) => void open.push(response));
  return {
    waiting: () =>
      eventually(
        () => Promise.resolve(open.length),
        (count) => count > 0,
      ),
    release: () => {
      for (const response of open) response.end(origin.name);
    },
  };
}

const texts = async (url: string, count: number, method = "GET") => {
  const answers = [];
  for (let index = 0; index < count; index += 1) answers.push((await askSigned(url, "/", { method })).text);
  return answers;
};

describe("portolan gateway and its pods", () => {
  it("follows a rolling update of the endpoints without a failed request", async () => {
    const [one, two, three, four] = (await pods("one", "two", "three", "four")) as [
      TestOrigin,
      TestOrigin,
      TestOrigin,
      TestOrigin,
    ];
    const world = await startGatewayWorld([one, two], closing);
    const edge = await startEdgeFor(Number(new URL(world.gateway.url).port), closing);
    const running = load(edge.url, ["GET", "POST", "PUT", "GET"]);
    const serves = (origin: TestOrigin) => {
      const before = origin.seen.length;
      return eventually(
        () => Promise.resolve(origin.seen.length),
        (count) => count > before + 5,
      );
    };
    await serves(one);
    await world.setPods([one, two, three]);
    await serves(three);
    for (const [gone, fresh] of [
      [one, four],
      [two, null],
    ] as const) {
      await world.setPods([three, four, ...(gone === one ? [two] : []), { port: gone.port, ready: false }]);
      await eventually(
        () => Promise.resolve(gone.busy()),
        (busy) => busy === 0,
      );
      await gone.stop();
      if (fresh !== null) await serves(fresh);
    }
    await world.setPods([three, four]);
    await serves(four);
    const { count, failures } = await running.stop();
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });

  it("sends a pod that is drained nothing new, and lets what it has end", async () => {
    const [one, two] = (await pods("one", "two")) as [TestOrigin, TestOrigin];
    const world = await startGatewayWorld([one], closing);
    const { waiting, release } = held(one);
    const old = askSigned(world.gateway.url, "/slow", { method: "POST" });
    await waiting();
    await world.setPods([{ port: one.port, ready: false }, two]);
    expect(await texts(world.gateway.url, 6)).toEqual(Array.from({ length: 6 }, () => "two"));
    release();
    expect((await old).text).toBe("one");
    expect(one.seen).toHaveLength(1);
  });

  it("gives the next request to the pod with fewest under way", async () => {
    const [one, two] = (await pods("one", "two")) as [TestOrigin, TestOrigin];
    const world = await startGatewayWorld([one, two], closing);
    const holds = [held(one), held(two)];
    const first = askSigned(world.gateway.url, "/");
    await Promise.race(holds.map(({ waiting }) => waiting()));
    const [busy, free] = one.seen.length > 0 ? [one, two] : [two, one];
    free.behave((_request, response) => response.end(free.name));
    expect(await texts(world.gateway.url, 6)).toEqual(Array.from({ length: 6 }, () => free.name));
    for (const { release } of holds) release();
    expect((await first).text).toBe(busy.name);
  });

  it("keeps to its own zone while that has a ready pod", async () => {
    const [near, far] = (await pods("near", "far")) as [TestOrigin, TestOrigin];
    const nearAt = { port: near.port, zone: "z1" };
    const farAt = { port: far.port, zone: "z2" };
    const world = await startGatewayWorld([nearAt, farAt], closing, { zone: "z1" });
    expect(await texts(world.gateway.url, 4)).toEqual(["near", "near", "near", "near"]);
    await world.setPods([{ ...nearAt, ready: false }, farAt]);
    expect(await texts(world.gateway.url, 2)).toEqual(["far", "far"]);
  });

  it("moves on from a pod that refuses, in any method, ejects it, and never the last one", async () => {
    const [dead, alive] = (await pods("dead", "alive")) as [TestOrigin, TestOrigin];
    const world = await startGatewayWorld([dead, alive], closing);
    await dead.stop();
    expect(new Set(await texts(world.gateway.url, 12, "POST"))).toEqual(new Set(["alive"]));
    expect(JSON.parse(world.messages.at(-1) ?? "")).toMatchObject({ event: "ejected", cause: "refused ×3" });
    expect(world.metrics()).toContain("portolan_ejected_origins 1");
    await texts(world.gateway.url, 3);
    expect((await world.lines(15)).slice(12).map(({ attempts }) => attempts.length)).toEqual([1, 1, 1]);
    // Alone it is asked, ejected or not: it may be back.
    await dead.start();
    await world.setPods([dead]);
    expect(await texts(world.gateway.url, 1)).toEqual(["dead"]);
  });

  it("gives up before the edge does, so that a pod which hangs is ejected", async () => {
    const [hanging, alive] = (await pods("hanging", "alive")) as [TestOrigin, TestOrigin];
    const world = await startGatewayWorld([hanging, alive], closing);
    hanging.behave(() => undefined);
    await eventually(
      async () => (await askSigned(world.gateway.url, "/", { timeoutMs: 300 })).status,
      () => world.metrics().includes("portolan_ejected_origins 1"),
    );
    expect(world.messages.join("")).toContain("response-timeout ×3");
    expect(await texts(world.gateway.url, 4)).toEqual(["alive", "alive", "alive", "alive"]);
  });

  it("repeats an idempotent request on another pod after a reset or 503, and no other request", async () => {
    const [bad, good] = (await pods("bad", "good")) as [TestOrigin, TestOrigin];
    const world = await startGatewayWorld([bad, good], closing);
    bad.behave((_request, response) => {
      response.statusCode = 503;
      response.end("not now");
    });
    expect(new Set(await texts(world.gateway.url, 6, "PUT"))).toEqual(new Set(["good"]));
    const posts = await texts(world.gateway.url, 6, "POST");
    expect(posts.filter((text) => text === "not now")).toHaveLength(3);
    bad.behave((request) => request.socket.destroy());
    expect(new Set(await texts(world.gateway.url, 6, "GET"))).toEqual(new Set(["good"]));
    expect([...bad.seen, ...good.seen].filter(({ method }) => method === "POST")).toHaveLength(6);
  });

  it("answers 503, on which edges go elsewhere, for a backend it does not know or that has no ready pod", async () => {
    const [one] = (await pods("one")) as [TestOrigin];
    const world = await startGatewayWorld([{ port: one.port, ready: false }], closing);
    expect((await askSigned(world.gateway.url, "/")).status).toBe(503);
    expect((await askSigned(world.gateway.url, "/", { backend: "shop/other/80" })).status).toBe(503);
    expect((await world.lines(2)).map(({ code }) => code)).toEqual(["no-ready-pod", "unknown-backend"]);
    expect(one.seen).toEqual([]);
  });

  it("reaches no loopback pod unless it is allowed, and says which slice names one", async () => {
    const [one] = (await pods("one")) as [TestOrigin];
    const world = await startGatewayWorld([one], closing, { allowPrivateOrigins: false });
    expect((await askSigned(world.gateway.url, "/")).status).toBe(503);
    expect(world.messages.join("")).toMatch(/EndpointSlice shop\/web-0 .*127\.0\.0\.1.*loopback/);
    expect(one.seen).toEqual([]);
  });
});

describe("portolan gateway --kube-api", () => {
  it("lists and watches Services and EndpointSlices at the cluster's API", async () => {
    const [one] = (await pods("one")) as [TestOrigin];
    const store = objectStore({ firstVersion: 1000 });
    const api = await startApiServer(store);
    closing.push(api.close);
    const resource = (plural: string) => apiResources.find((known) => known.plural === plural) as ApiResource;
    store.create(resource("services"), {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { ports: [{ name: "http", port: 80 }] },
    });
    const world = await startGatewayWorld([], closing, { from: { kubeApi: api.url } });
    expect((await askSigned(world.gateway.url, "/")).status).toBe(503);
    store.create(resource("endpointslices"), {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "web-1", namespace: "shop", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: one.port }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    });
    await eventually(
      () => askSigned(world.gateway.url, "/"),
      ({ text }) => text === "one",
    );
    // Unreachable is not empty.
    api.partition(true);
    expect((await askSigned(world.gateway.url, "/")).text).toBe("one");
  });
});

describe("portolan gateway on SIGTERM", () => {
  it("is not ready first, goes on serving for a while, and ends when what is under way has ended", async () => {
    const [one] = (await pods("one")) as [TestOrigin];
    const dir = await temporaryFolder(closing);
    await mkdir(join(dir, "pods"));
    await writeFile(join(dir, "pods", "web.yaml"), SERVICE + slice(one, 0));
    await writeFile(join(dir, "keys"), LINES.a);
    const { child, output, exit } = start([
      "gateway",
      "--listen=127.0.0.1:0",
      "--admin=127.0.0.1:0",
      `--from=${join(dir, "pods")}`,
      `--hop-keys=${join(dir, "keys")}`,
      "--drain-delay=3s",
      "--allow-private-origins",
    ]);
    const banner = await eventually(
      () => Promise.resolve(output()),
      (text) => text.includes("admin "),
    );
    const [url = "", admin = ""] = banner.match(/http:\S+/g) ?? [];
    const ready = async () => (await ask(admin, "/readyz", { host: "127.0.0.1" })).status;
    expect(await ready()).toBe(200);
    const { waiting, release } = held(one);
    const slow = askSigned(url, "/slow", { method: "POST" });
    await waiting();
    child.kill("SIGTERM");
    await eventually(ready, (status) => status === 503);
    one.behave((_request, response) => response.end("late"));
    const late = await askSigned(url, "/late", { headers: { connection: "keep-alive" } });
    expect([late.text, late.headers.connection]).toEqual(["late", "close"]);
    // Nothing is accepted any more, and the slow one is still there.
    await eventually(
      () => askSigned(url, "/refused").then(String, (error: unknown) => String(error)),
      (text) => text.includes("ECONNREFUSED"),
    );
    release();
    expect((await slow).text).toBe("one");
    expect(await exit).toBe(0);
  });
});

function start(args: readonly string[]): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
  const bin = join(import.meta.dirname, "../../../bin/portolan.mjs");
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  closing.push(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += String(chunk)));
  const exit = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  return { child, output: () => text, exit };
}
