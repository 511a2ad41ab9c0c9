/** How long users are sent to an endpoint that is gone. `PORTOLAN_SERVICES=1000` for the figure of issue 6. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Running } from "../../../src/cli/deps.ts";
import { eventually } from "../../scenarios/until.ts";
import { collectionOf, create, endpointSlice, manifests } from "./backend.ts";
import { whyNoClusters } from "./clusters.ts";
import { address, type RealWorld, startWorld, zoneOf } from "./world.ts";

const reason = await whyNoClusters();
const SERVICES = Number(process.env["PORTOLAN_SERVICES"] ?? "100");
const ROUNDS = 30;
const AT_ONCE = 25;
const nameOf = (index: number) => `svc-${index}`;

describe.skipIf(reason !== null)("times on three real clusters", () => {
  let world: RealWorld;
  let control: Running;
  let edge: Running;

  beforeAll(async () => {
    world = await startWorld();
    for (const cluster of world.real.clusters) {
      for (let from = 0; from < SERVICES; from += AT_ONCE) {
        const names = Array.from({ length: Math.min(AT_ONCE, SERVICES - from) }, (_, index) => nameOf(from + index));
        await Promise.all(names.map((name) => create(cluster, manifests(name, cluster.data.addresses))));
      }
    }
    control = await world.control();
    edge = await world.edge("frankfurt", address(control, "store"));
    await eventually(
      () => zoneOf(edge, `${nameOf(SERVICES - 1)}.example.org`),
      (zone) => zone === "europe-west1",
      60_000,
    );
  }, 600_000);
  afterAll(async () => {
    await edge.close();
    await control.close();
    await world.close();
  });

  it("an endpoint that is gone is left within a second", async () => {
    const europe = world.real.cluster("europe-west1");
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const name = nameOf((round * 37) % SERVICES);
      const host = `${name}.example.org`;
      await eventually(
        () => zoneOf(edge, host),
        (zone) => zone === "europe-west1",
        60_000,
      );
      expect(
        await europe.client.replace(`${collectionOf("EndpointSlice")}/${name}-1`, { ...endpointSlice(name, []) }),
      ).toMatchObject({ ok: true });
      const goneMs = performance.now();
      await eventually(
        () => zoneOf(edge, host),
        (zone) => zone !== "europe-west1",
        60_000,
      );
      times.push(performance.now() - goneMs);
      const back = { ...endpointSlice(name, europe.data.addresses) };
      expect(await europe.client.replace(`${collectionOf("EndpointSlice")}/${name}-1`, back)).toMatchObject({
        ok: true,
      });
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    console.log(
      `endpoint gone → routed away, ${SERVICES} services × 3 clusters: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms`,
    );
    expect(at(0.99)).toBeLessThan(1_000);
  }, 600_000);

  it("0 % and 100 % of endpoints changed cost the same calls of the APIs", async () => {
    const windowMs = 20_000;
    const during = async (work: () => Promise<void>) => {
      const before = await readsOf(world);
      const startedMs = Date.now();
      await work();
      await new Promise((resolve) => setTimeout(resolve, windowMs - (Date.now() - startedMs)));
      return (await readsOf(world)) - before;
    };
    const idle = await during(() => Promise.resolve());
    let changed = 0;
    const busy = await during(async () => {
      for (const cluster of world.real.clusters) {
        for (let from = 0; from < SERVICES; from += AT_ONCE) {
          const changes = Array.from({ length: Math.min(AT_ONCE, SERVICES - from) }, async (_, index) => {
            const name = nameOf(from + index);
            const [one = "", other = ""] = cluster.data.addresses;
            const slice = { ...endpointSlice(name, [other, one]) };
            const answer = await cluster.client.replace(`${collectionOf("EndpointSlice")}/${name}-1`, slice);
            changed += answer.ok ? 1 : 0;
          });
          await Promise.all(changes);
        }
      }
    });
    console.log(
      `reads of three APIs in ${windowMs / 1000} s: ${idle} with no endpoint changed, ${busy} with ${changed}`,
    );
    expect(changed).toBe(3 * SERVICES);
    expect(idle).toBeGreaterThan(0);
    expect(Math.abs(busy - idle)).toBeLessThanOrEqual(0.2 * Math.max(busy, idle));
  }, 120_000);
});

/** What all three API servers were asked to read so far, by their own count; what the test writes is not in it. */
async function readsOf({ real }: RealWorld): Promise<number> {
  const counted = real.clusters.map(async ({ name }) => {
    const metrics = await real.kubectl(name, ["get", "--raw", "/metrics"]);
    const lines = metrics
      .split("\n")
      .filter((line) => /^apiserver_request_total\{.*verb="(?:GET|LIST|WATCH)"/.test(line));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  });
  return (await Promise.all(counted)).reduce((sum, count) => sum + count, 0);
}
