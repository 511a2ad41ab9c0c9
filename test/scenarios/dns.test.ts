/** A zone that follows three clusters: through control, its journal and its orders, as `portolan edge --dns` runs them. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ZoneStatus } from "../../src/core/dns/zone-status.ts";
import { type DnsTestWorld, dnsSettings, dnsWorld, type RunningWorld } from "../build/dns-world.ts";
import { eventually } from "./until.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const WHOLE = [
  "shop.example.org A 192.0.2.80",
  "web.shop.prod.svc A 192.0.2.10 198.51.100.20 203.0.113.30",
  "web.shop.prod.svc.eastus A 203.0.113.30",
  "web.shop.prod.svc.eastus-1.eastus A 203.0.113.30",
  "web.shop.prod.svc.eu-central-1 A 192.0.2.10",
  "web.shop.prod.svc.eu-central-1a.eu-central-1 A 192.0.2.10",
  "web.shop.prod.svc.europe-west3 A 198.51.100.20",
  "web.shop.prod.svc.europe-west3-b.europe-west3 A 198.51.100.20",
];

const zoneIs = (world: DnsTestWorld, expected: readonly string[]) =>
  eventually(world.zone, (zone) => JSON.stringify(zone) === JSON.stringify(expected));

async function zoneOf(running: RunningWorld): Promise<ZoneStatus | undefined> {
  return (await running.status()).dns[0];
}

describe("portolan edge --dns FILE", () => {
  it("publishes three clusters, moves the CNAME chain when a region dies, and moves it back", async () => {
    const world = await dnsWorld(closing);
    const running = await world.start();
    await zoneIs(world, WHOLE);
    await world.setReady("fra", false);
    await zoneIs(world, [
      "shop.example.org A 192.0.2.80",
      "web.shop.prod.svc A 198.51.100.20 203.0.113.30",
      "web.shop.prod.svc.eastus A 203.0.113.30",
      "web.shop.prod.svc.eastus-1.eastus A 203.0.113.30",
      "web.shop.prod.svc.eu-central-1 CNAME web.shop.prod.svc.gslb.example.org",
      "web.shop.prod.svc.eu-central-1a.eu-central-1 CNAME web.shop.prod.svc.eu-central-1.gslb.example.org",
      "web.shop.prod.svc.europe-west3 A 198.51.100.20",
      "web.shop.prod.svc.europe-west3-b.europe-west3 A 198.51.100.20",
    ]);
    await world.setReady("fra", true);
    await zoneIs(world, WHOLE);
    // When nobody at all is ready, the last answers stay (rule 4).
    for (const cluster of ["fra", "vie", "nyc"]) await world.setReady(cluster, false);
    await eventually(running.status, ({ clusters }) => clusters.every((one) => one.data === "not-serving"));
    await eventually(
      () => zoneOf(running),
      (zone) => zone?.state === "in-step" && zone.wanted === 1,
    );
    const left = (await world.zone()).find((line) => line.startsWith("web.shop.prod.svc A"));
    expect(left).toMatch(/^web\.shop\.prod\.svc A \d/);
    expect(await running.text("/metrics")).toMatch(/portolan_dns_changes_total\{[^}]*outcome="applied"\} [1-9]/);
    expect(await running.text("/events")).toContain("dns-changed");
  });

  it("leaves no record of a cluster that leaves", async () => {
    const world = await dnsWorld(closing);
    const running = await world.start();
    await zoneIs(world, WHOLE);
    await rm(join(world.dir, "cluster-nyc.yaml"));
    await zoneIs(
      world,
      WHOLE.filter((line) => !line.includes("eastus")).map((line) => line.replace(" 203.0.113.30", "")),
    );
    expect(await readFile(world.zoneFile, "utf8")).not.toContain("203.0.113.30");
    await eventually(
      () => zoneOf(running),
      (zone) => zone?.state === "in-step",
    );
  });

  it("takes back every record when the Ingress and its Services are deleted", async () => {
    const world = await dnsWorld(closing);
    await world.start();
    await zoneIs(world, WHOLE);
    await rm(join(world.dir, "web.yaml"));
    await zoneIs(world, []);
    expect(await readFile(world.zoneFile, "utf8")).not.toContain("portolan=1");
  });

  it("holds what vanished while nobody looked until a person approves exactly that", async () => {
    const world = await dnsWorld(closing);
    const first = await world.start();
    await zoneIs(world, WHOLE);
    await first.close();
    // A store that was wiped and a file that is gone: nobody saw anything being deleted.
    await rm(join(world.dir, "web.yaml"));
    await rm(join(world.dir, "../.portolan-dns"), { recursive: true });
    const second = await world.start();
    const held = await eventually(
      () => zoneOf(second),
      (zone) => zone?.state === "held",
    );
    expect(held?.held.map((one) => one.name)).toContain("shop.example.org");
    expect(await world.zone()).toEqual(WHOLE);
    const wrong = await fetch(`${second.admin}/approve/${"0".repeat(64)}`, { method: "POST" });
    expect(wrong.status).toBe(409);
    const right = await fetch(`${second.admin}/approve/${held?.approval}`, { method: "POST" });
    expect(right.status).toBe(200);
    await zoneIs(world, []);
    await eventually(
      () => zoneOf(second),
      (zone) => zone?.state === "in-step" && zone.approval === null,
    );
  });

  it("holds the names of a cluster that left while control was down, and applies the rest", async () => {
    const world = await dnsWorld(closing);
    const first = await world.start();
    await zoneIs(world, WHOLE);
    await first.close();
    await rm(join(world.dir, "cluster-nyc.yaml"));
    const second = await world.start();
    const held = await eventually(
      () => zoneOf(second),
      (zone) => zone?.state === "held",
    );
    expect(held?.held.map((one) => one.name).toSorted()).toEqual([
      "web.shop.prod.svc.eastus-1.eastus.gslb.example.org",
      "web.shop.prod.svc.eastus.gslb.example.org",
    ]);
    // Everything else is applied.
    expect(await world.zone()).toContain("web.shop.prod.svc A 192.0.2.10 198.51.100.20");
  });

  it("keeps one zone in step while another cannot be reached", async () => {
    const world = await dnsWorld(closing);
    const dead = "  - name: example.net\n    provider: { type: rfc2136, host: 127.0.0.1, port: 1 }\n";
    await writeFile(world.settings, dnsSettings("{ type: file, path: zones }", dead));
    const running = await world.start();
    await zoneIs(world, WHOLE);
    await world.setReady("fra", false);
    await eventually(world.zone, (zone) => zone.some((line) => line.includes("CNAME")));
    await eventually(
      async () => (await running.status()).dns,
      ([good, bad]) => good?.state === "in-step" && bad?.state !== "in-step",
    );
  });
});
