/** From an Ingress to DNS: attached, proved, served, moved; and back, never faster than DNS. */
import { afterEach, describe, expect, it } from "vitest";
import type { DnsDeps } from "../../src/control/dns.ts";
import { hosts } from "../../src/control/hosts.ts";
import { subjectOfRegistry } from "../../src/core/dns/registry.ts";
import type { Zone } from "../../src/core/dns/records.ts";
import { txtText } from "../../src/core/dns/txt-text.ts";
import { memoryDns, memoryZones } from "../../src/dns/memory.ts";
import { cloudflareHosts } from "../../src/hosts/cloudflare.ts";
import type { HostProvider } from "../../src/hosts/host-provider.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { controlSettings, testControl, THREE, type WorldState } from "../build/dns-control.ts";
import { virtualTime } from "../dns/virtual-time.ts";
import { startCustomHostnames, TOKEN } from "../hosts/custom-hostnames-server.ts";

const ZONE: Zone = { name: "example.org", visibility: "public", id: "Z1" };
const HOST = "shop.example.org";
const TARGET = "edge.example.net";
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A zone, and a platform that looks its proofs up there. */
async function world() {
  const zones = memoryZones(ZONE);
  const all = async () => [...((await zones.read(ZONE.id)) ?? new Map()).values()];
  const platformSees = { dns: true };
  const server = await startCustomHostnames(async (name) =>
    (platformSees.dns ? await all() : []).flatMap((set) =>
      set.name === name && set.type === "TXT" ? set.values.map(txtText) : [],
    ),
  );
  closing.push(server.close);
  const lines = async () =>
    (await all())
      .filter(({ name }) => subjectOfRegistry(name) === null && name !== ZONE.name)
      .map(({ name, type, values }) => `${name} ${type} ${values.join(" ")}`)
      .toSorted();
  const platform = cloudflareHosts({
    token: TOKEN,
    zoneId: server.zoneId,
    target: TARGET,
    baseUrl: server.url,
    time: virtualTime(),
  });
  return { zones, server, platformSees, lines, platform, attached: () => server.held.map(({ hostname }) => hostname) };
}

type World = Awaited<ReturnType<typeof world>>;

interface Parts {
  readonly store?: Store;
  readonly platform?: HostProvider;
  readonly declared?: readonly string[];
}

function start({ zones, platform }: World, parts: Parts = {}) {
  const store = parts.store ?? memoryStore();
  const settings = controlSettings("east", { federation: null });
  const place = { name: "edge", hostName: TARGET, addresses: [], location: null, latencyRegion: null };
  const edges = [{ ...place, bias: 0, aliasZoneId: null }];
  const said: string[] = [];
  let ahead = 0;
  const now = () => 1_790_000_000_000 + ahead;
  const edge = { edge: "edge", declared: parts.declared ?? [], provider: parts.platform ?? platform };
  const attached = hosts([edge], {
    store,
    now,
    onChange: () => undefined,
    log: (line) => void said.push(line),
    isElsewhere: false,
  });
  const deps: Partial<DnsDeps> = { store, orders: store, settings: { ...settings, edges }, hosts: attached, now };
  const control = testControl(memoryDns(zones), "east", deps);
  const step = async (state: WorldState, everyMs = 120_000) => {
    // The first round asks the platform, the second one knows.
    for (let round = 0; round < 2; round += 1) {
      ahead += everyMs;
      await control.step(state);
    }
  };
  return { control, hosts: attached, said, step };
}

const NONE: WorldState = { ...THREE, hosts: [], deleted: { ...THREE.deleted, hosts: [HOST] } };
const isMoved = (lines: readonly string[]) => lines.includes(`${HOST} CNAME ${TARGET}`);

describe("hosts() before DNS", () => {
  it("attaches the host of an Ingress, publishes its proofs, and moves DNS once it serves", async () => {
    const all = await world();
    const { control, hosts: attached, step } = start(all);
    all.platformSees.dns = false;
    await step(THREE);
    expect(all.attached()).toEqual([HOST]);
    expect(await all.lines()).toEqual([
      `_acme-challenge.${HOST} TXT "challenge-c1"`,
      `_cf-custom-hostname.${HOST} TXT "proof-c1"`,
    ]);
    expect(attached.status()).toMatchObject([{ host: HOST, edge: "edge", state: "waiting", moves: "no" }]);
    expect(attached.waitsFor(HOST)).toContain(`TXT _cf-custom-hostname.${HOST} "proof-c1"`);
    all.platformSees.dns = true;
    await step(THREE);
    expect(isMoved(await all.lines())).toBe(true);
    expect(attached.waitsFor(HOST)).toBeNull();
    // Nobody waits for the proofs any more.
    await step(THREE);
    expect(await all.lines()).toEqual([`${HOST} CNAME ${TARGET}`]);
    expect(control.zones[0]?.status()).toMatchObject({ state: "in-step", held: [] });
  });

  it("leaves what DNS says while a host waits, and moves a declared one at once", async () => {
    const all = await world();
    const { step } = start(all, { declared: ["*.example.org"] });
    await step(THREE);
    expect([all.attached(), await all.lines()]).toEqual([[], [`${HOST} CNAME ${TARGET}`]]);
    // Tomorrow the wildcard is gone: the name stays where it leads until its own host serves.
    const later = start(all);
    await later.step(THREE);
    expect(isMoved(await all.lines())).toBe(true);
    expect(all.attached()).toEqual([HOST]);
  });

  it("goes on with the others after a host that the platform refuses, and says why", async () => {
    const all = await world();
    const bad = "a.example.org";
    const platform: HostProvider = {
      ...all.platform,
      attach: async (host) =>
        host === bad ? { status: "refused", message: "it is on the block list" } : await all.platform.attach(host),
    };
    const { hosts: attached, said, step } = start(all, { platform });
    for (let round = 0; round < 2; round += 1) await step({ ...THREE, hosts: [bad, HOST] });
    expect(isMoved(await all.lines())).toBe(true);
    expect(attached.waitsFor(bad)).toBe("edge: the edge to take the host: it is on the block list");
    expect(said.filter((line) => line.includes(bad))).toEqual([
      `Cannot attach "${bad}" at edge "edge": it is on the block list`,
    ]);
  });
});

describe("hosts() after an Ingress", () => {
  async function moved() {
    const all = await world();
    const running = start(all);
    for (let round = 0; round < 3; round += 1) await running.step(THREE);
    expect(isMoved(await all.lines())).toBe(true);
    return { all, ...running };
  }

  it("detaches a host only after its name has left the zone and resolvers have forgotten it", async () => {
    const { all, hosts: attached, step } = await moved();
    const order: string[] = [];
    for (let round = 0; round < 15; round += 1) {
      await step(NONE, 5000);
      order.push(`${(await all.lines()).length > 0 ? "named" : "-"} ${all.attached().length > 0 ? "attached" : "-"}`);
    }
    // Steps of ten seconds, and a TTL of thirty: the certificate stays for twice that.
    const gone = order.indexOf("- -");
    expect(gone - order.indexOf("- attached")).toBeGreaterThanOrEqual(6);
    expect(new Set(order.slice(gone))).toEqual(new Set(["- -"]));
    expect(order).not.toContain("named -");
    expect(attached.status()).toEqual([]);
  });

  it("never detaches what nobody saw going, nor what others attached", async () => {
    const { all, step } = await moved();
    await all.platform.attach("by-hand.example.org");
    // The memory of what was asked for is lost: nothing explains the missing host.
    const lost = start(all, { store: await withHostsOnly(all) });
    for (let round = 0; round < 6; round += 1) await lost.step({ ...THREE, hosts: [] });
    expect(all.attached()).toEqual([HOST, "by-hand.example.org"]);
    for (let round = 0; round < 6; round += 1) await step(NONE);
    expect(all.attached()).toEqual(["by-hand.example.org"]);
  });

  it("stays where it has moved while its certificate is renewed, with the new proof beside it", async () => {
    const { all, hosts: attached, step } = await moved();
    all.server.held[0]?.seen.clear();
    await step(THREE);
    expect(await all.lines()).toContain(`${HOST} CNAME ${TARGET}`);
    await step(THREE);
    expect(attached.status()).toMatchObject([{ state: "serving" }]);
  });

  it("leaves DNS and hosts as they are while the platform cannot be read", async () => {
    const { all, step } = await moved();
    all.server.trouble.down = true;
    const restarted = start(all);
    for (let round = 0; round < 3; round += 1) await restarted.step(THREE);
    expect(isMoved(await all.lines())).toBe(true);
    expect(restarted.hosts.waitsFor(HOST)).toContain("edge's platform to be read");
    all.server.trouble.down = false;
    await step(THREE);
    expect(all.attached()).toEqual([HOST]);
  });
});

/** A store that knows which host is ours and nothing else. */
async function withHostsOnly(all: World): Promise<Store> {
  const store = memoryStore();
  const first = start(all, { store });
  await first.step(THREE);
  const value = new TextEncoder().encode(
    JSON.stringify({ format: 1, ours: [{ host: HOST, freeSinceMs: null }], served: [HOST] }),
  );
  const only = memoryStore();
  await only.put("hosts/edge", value, "any");
  return only;
}

describe("hosts() of two control functions", () => {
  it("end with one attached host, and with none when the Ingress is gone", async () => {
    const all = await world();
    await all.platform.attach("by-hand.example.org");
    const store = memoryStore();
    const replicas = [start(all, { store }), start(all, { store })];
    for (let round = 0; round < 4; round += 1) await Promise.all(replicas.map((one) => one.step(THREE)));
    expect([await all.lines(), all.attached()]).toEqual([[`${HOST} CNAME ${TARGET}`], ["by-hand.example.org", HOST]]);
    for (let round = 0; round < 6; round += 1) await Promise.all(replicas.map((one) => one.step(NONE)));
    expect([await all.lines(), all.attached()]).toEqual([[], ["by-hand.example.org"]]);
  });
});

describe("hosts() killed at any write", () => {
  it("attaches once, remembers that the host is ours, and ends where it would have", async () => {
    for (let killAt = 1; killAt <= 12; killAt += 1) {
      const all = await world();
      const store = memoryStore();
      let writes = 0;
      const dying: Store = {
        ...store,
        async put(...args) {
          writes += 1;
          if (writes > killAt) throw new Error("killed");
          return await store.put(...args);
        },
      };
      const platform: HostProvider = {
        ...all.platform,
        attach: async (host) =>
          writes > killAt ? { status: "failed", message: "killed" } : await all.platform.attach(host),
      };
      const killed = start(all, { store: dying, platform });
      for (let round = 0; round < 3; round += 1) await killed.step(THREE);
      const next = start(all, { store });
      for (let round = 0; round < 4; round += 1) await next.step(THREE);
      expect([killAt, all.attached(), await all.lines()]).toEqual([killAt, [HOST], [`${HOST} CNAME ${TARGET}`]]);
      for (let round = 0; round < 6; round += 1) await next.step(NONE);
      expect([killAt, all.attached(), await all.lines()]).toEqual([killAt, [], []]);
    }
  });
});
