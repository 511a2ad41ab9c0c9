import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../src/cli/deps.ts";
import type { HealthEvent } from "../../src/core/health/model.ts";
import type { StatusReport } from "../../src/core/status.ts";
import { startUp } from "../../workers/up.ts";
import { eventually } from "./until.ts";

let up: Running;
let edges: readonly string[];
let admin: string;

beforeAll(async () => {
  up = await startUp({ port: 0, dns: null }, { out: () => undefined, err: () => undefined });
  const urls = up.banner.flatMap((line) => /^ {2}(?:new-york|frankfurt|tokyo|anywhere) +(\S+)/.exec(line)?.[1] ?? []);
  edges = urls;
  admin = up.banner.flatMap((line) => /^admin +(\S+)/.exec(line)?.[1] ?? [])[0] ?? "";
});

afterAll(() => up.close());

async function zone(edge: number, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(edges[edge] ?? "", { headers });
  if (response.status !== 200) return `status ${response.status}`;
  return ((await response.json()) as { zone: string }).zone;
}

async function sim(action: string, cluster: string): Promise<void> {
  const response = await fetch(`${admin}/sim/${action}/${cluster}`, { method: "POST" });
  expect(response.status).toBe(200);
}

const status = async () => (await (await fetch(`${admin}/status`)).json()) as StatusReport;
const clusterStatus = async (name: string) => (await status()).clusters.find((one) => one.cluster === name);

describe("portolan up", () => {
  it("sends each place to its nearest cluster", async () => {
    expect([await zone(0), await zone(1), await zone(2)]).toEqual(["us-east1-b", "europe-west1-b", "asia-east1-a"]);
  });

  it("locates clients where the edge does not know its own place", async () => {
    const from = (address: string) => zone(3, { "x-forwarded-for": address });
    expect([
      await from("192.0.2.7"),
      await from("198.51.100.7"),
      await from("203.0.113.7"),
      await from("2001:db8::7"),
    ]).toEqual(["us-east1-b", "europe-west1-b", "asia-east1-a", "europe-west1-b"]);
  });

  it("moves on in the same request when a cluster dies, and comes back when it is healed", async () => {
    await sim("kill", "europe-west1");
    for (let index = 0; index < 20; index += 1) expect(await zone(1)).toBe("us-east1-b");
    await eventually(
      () => clusterStatus("europe-west1"),
      (one) => one?.api === "unreachable" && one.data === "not-serving",
    );
    await sim("heal", "europe-west1");
    await eventually(
      () => zone(1),
      (answer) => answer === "europe-west1-b",
    );
    await eventually(
      () => clusterStatus("europe-west1"),
      (one) => one?.api === "reachable" && one.data === "serving",
    );
  });

  it("drains a cluster without a failed request", async () => {
    await sim("drain", "us-east1");
    await eventually(
      () => zone(0),
      (answer) => {
        expect(answer).not.toMatch(/^status/);
        return answer === "europe-west1-b";
      },
    );
    expect((await clusterStatus("us-east1"))?.data).toBe("drained");
    await sim("heal", "us-east1");
    await eventually(
      () => zone(0),
      (answer) => answer === "us-east1-b",
    );
  });

  it("keeps serving from a cluster whose API is unreachable, and shows the two apart", async () => {
    await sim("partition-api", "asia-east1");
    await eventually(
      () => clusterStatus("asia-east1"),
      (one) => one?.api === "unreachable",
    );
    expect(await zone(2)).toBe("asia-east1-a");
    expect((await clusterStatus("asia-east1"))?.data).toBe("serving");
    await sim("heal", "asia-east1");
    await eventually(
      () => clusterStatus("asia-east1"),
      (one) => one?.api === "reachable",
    );
  });

  it("measures a delay of real bytes, reorders, and tells who moved where and why", async () => {
    const response = await fetch(`${admin}/sim/latency/europe-west1=300`, { method: "POST" });
    expect(response.status).toBe(200);
    await eventually(
      () => zone(1),
      (answer) => answer === "us-east1-b",
      15_000,
    );
    const move = await eventually(
      async () => {
        const events = (await (await fetch(`${admin}/events`)).json()) as HealthEvent[];
        return events.findLast((one) => one.what === "moved" && one.by === "frankfurt");
      },
      (one) => one?.move?.to === "us-east1" && one.cause.includes("measured"),
    );
    expect(move).toMatchObject({ move: { from: "europe-west1" }, cause: expect.stringContaining("ms measured") });
    await sim("heal", "europe-west1");
    await eventually(
      () => zone(1),
      (answer) => answer === "europe-west1-b",
      15_000,
    );
  });

  it.each(["partition-api", "reset", "kill"])(
    "loses no idempotent request when the nearest does: %s",
    async (action) => {
      await eventually(
        () => zone(1),
        (answer) => answer === "europe-west1-b",
        15_000,
      );
      await sim(action, "europe-west1");
      for (let index = 0; index < 30; index += 1) expect(await zone(1)).not.toMatch(/^status/);
      await sim("heal", "europe-west1");
    },
    60_000,
  );

  it("keeps users from a cluster that lies to probes", async () => {
    await eventually(
      () => zone(1),
      (answer) => answer === "europe-west1-b",
      15_000,
    );
    await sim("lie", "europe-west1");
    for (let index = 0; index < 30; index += 1) expect(await zone(1)).toBe("us-east1-b");
    const events = await eventually(
      async () => (await (await fetch(`${admin}/events`)).json()) as HealthEvent[],
      (all) => all.some((one) => one.what === "ejected" && one.cause === "status 503 ×5"),
    );
    expect(events.some((one) => one.subject === "europe-west1|default/k8shserver/80")).toBe(true);
    await sim("heal", "europe-west1");
  }, 60_000);

  it("streams decisions", async () => {
    const tap = await fetch(`${admin}/tap?status=200`);
    const reader = tap.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    await zone(0);
    const { value = "{}" } = (await reader?.read()) ?? {};
    expect(JSON.parse(value)).toMatchObject({ edge: "new-york", status: 200, cluster: "us-east1" });
    await reader?.cancel();
  });

  it("says which cluster it does not know", async () => {
    const response = await fetch(`${admin}/sim/kill/mars`, { method: "POST" });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: expect.stringContaining("us-east1, europe-west1, asia-east1"),
    });
  });

  it("shows metrics of every edge on the admin port only", async () => {
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toMatch(/portolan_requests_total\{portolan_edge="frankfurt",portolan_cluster="us-east1"\} \d+/);
    expect(metrics.match(/^# TYPE portolan_requests_total counter$/gm)).toHaveLength(1);
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
    expect(await zone(0)).toBe("us-east1-b");
    expect(((await (await fetch(`${edges[0]}/metrics`)).json()) as { zone: string }).zone).toBe("us-east1-b");
  });

  it("refuses web pages on the admin port", async () => {
    const response = await fetch(`${admin}/sim/kill/us-east1`, {
      method: "POST",
      headers: { origin: "http://evil.example" },
    });
    expect(response.status).toBe(403);
  });
});
