import { describe, expect, it } from "vitest";
import { type DesiredInput, type DnsConfig, desiredDns } from "../../../src/core/dns/desired.ts";
import { deadEnd, stateOf } from "../../../src/core/dns/liveness.ts";
import { planZone } from "../../../src/core/dns/plan.ts";
import type { DnsCapabilities, RecordSet, Zone } from "../../../src/core/dns/records.ts";
import { subjectOfRegistry } from "../../../src/core/dns/registry.ts";
import type { BackendHealth, HealthOverlay } from "../../../src/core/health/model.ts";
import type { Cluster, HostRoutes, Origin, Snapshot } from "../../../src/core/model.ts";
import { packCounts } from "../../../src/core/snapshot/backend-counts.ts";
import { DEFAULT_POLICY } from "../../../src/core/steering/policy.ts";
import { a, applied, EVERYTHING, planInput, shown, txt, ZONE } from "./zone.ts";

const HOST = "shop.example.org";

function origin(connectHost: string): Origin {
  return {
    connectHost,
    port: 80,
    protocol: "http",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  };
}

function cluster(name: string, region: string, some: Partial<Cluster> = {}): Cluster {
  return {
    name,
    provider: "aws",
    region,
    zone: `${region}a`,
    location: null,
    residency: [],
    weight: 100,
    bias: 0,
    capacity: null,
    ramp: null,
    drainUntilMs: null,
    limits: null,
    gateway: null,
    ...some,
  };
}

const CLUSTERS = [cluster("dublin", "eu-west-1"), cluster("paris", "eu-west-3"), cluster("ohio", "us-east-2")];
const ADDRESS: Readonly<Record<string, string>> = { dublin: "192.0.2.1", paris: "192.0.2.2", ohio: "192.0.2.3" };

function host(clusters: readonly Cluster[], origins: (name: string) => readonly Origin[] | null): HostRoutes {
  return {
    host: HOST,
    owner: "shop",
    routes: [],
    services: [
      {
        service: "shop/web/80",
        backends: clusters.map(({ name }) => ({ cluster: name, origins: origins(name) })),
        healthCheck: null,
      },
    ],
    policy: DEFAULT_POLICY,
    sources: [{ cluster: null, kind: "Ingress", namespace: "shop", name: "web" }],
  };
}

function snapshot(clusters: readonly Cluster[] = CLUSTERS, some: Partial<Snapshot> = {}): Snapshot {
  const hosts = [host(clusters, (name) => [origin(ADDRESS[name] ?? `${name}.elb.example.net`)])];
  return { clusters, hosts, reservations: [], locationOverrides: [], ...some };
}

function overlay(ready: Readonly<Record<string, number>>): HealthOverlay {
  const backends = Object.entries(ready).map(
    ([name, count]): BackendHealth => ({ cluster: name, service: "shop/web/80", ready: count, total: 3 }),
  );
  return {
    observedAtMs: 0,
    validForMs: 60_000,
    clusters: [],
    backends: packCounts(backends),
    origins: [],
    verdicts: [],
    roundTrips: [],
    events: [],
    offered: [],
  };
}

function config(some: Partial<DnsConfig> = {}, capabilities: DnsCapabilities = EVERYTHING): DnsConfig {
  return {
    zones: [{ zone: ZONE, capabilities }],
    federation: { name: "prod", suffix: "gslb.example.org", visibility: "public" },
    originSuffix: "origin.example.org",
    edges: [],
    ttlSeconds: 30,
    ...some,
  };
}

function desired(some: Partial<DesiredInput> = {}): ReturnType<typeof desiredDns> {
  return desiredDns({
    snapshot: snapshot(),
    health: null,
    config: config(),
    resolved: new Map(),
    extra: [],
    observed: [],
    mayLead: () => "yes",
    nowMs: 1000,
    ...some,
  });
}

describe("desiredDns() with edges that have to take a host first", () => {
  const place = { location: null, latencyRegion: null, bias: 0, aliasZoneId: null };
  const edges = ["a", "b"].map((name) => ({ name, hostName: `${name}.example.net`, addresses: [], ...place }));
  const ask = (may: Readonly<Record<string, "yes" | "no" | "unknown">>) => {
    const zone = desired({
      config: config({ edges, federation: null, originSuffix: null }, { ...EVERYTHING, policies: ["weighted"] }),
      mayLead: (_host, edge) => may[edge] ?? "yes",
    }).zones[0];
    return { edges: zone?.sets.map(({ set }) => set.setIdentifier), keep: zone?.keep };
  };

  it("leads to those that answer, and leaves the records alone while one is unknown or none answers", () => {
    const all = ask({});
    expect(new Set(all.edges)).toEqual(new Set(["a", "b"]));
    // One edge needs no policy.
    expect(new Set(ask({ b: "no" }).edges)).toEqual(new Set([null]));
    for (const may of [{ a: "no", b: "no" }, { a: "unknown" }, { a: "unknown", b: "no" }] as const) {
      const { edges: sets, keep } = ask(may);
      expect([sets, (keep ?? []).length > 0]).toEqual([[], true]);
    }
  });
});

function lines(sets: readonly RecordSet[]): string[] {
  const visible = sets.filter((set) => subjectOfRegistry(set.name) === null);
  return visible
    .map((set) => `${set.name.replace(".gslb.example.org", "")} ${set.type} ${set.values.join(" ")}`)
    .sort();
}

function sets(found: ReturnType<typeof desiredDns>, index = 0): RecordSet[] {
  return (found.zones[index]?.sets ?? []).map((one) => one.set);
}

describe("desiredDns()", () => {
  it("names a federated Service in every zone, region and for everyone", () => {
    expect(lines(sets(desired()))).toEqual([
      "web.shop.prod.svc A 192.0.2.1 192.0.2.2 192.0.2.3",
      "web.shop.prod.svc.eu-west-1 A 192.0.2.1",
      "web.shop.prod.svc.eu-west-1a.eu-west-1 A 192.0.2.1",
      "web.shop.prod.svc.eu-west-3 A 192.0.2.2",
      "web.shop.prod.svc.eu-west-3a.eu-west-3 A 192.0.2.2",
      "web.shop.prod.svc.us-east-2 A 192.0.2.3",
      "web.shop.prod.svc.us-east-2a.us-east-2 A 192.0.2.3",
    ]);
  });

  it("keeps zones of one name in two regions apart", () => {
    const twins = CLUSTERS.map((one) => ({ ...one, zone: "a" }));
    expect(lines(sets(desired({ snapshot: snapshot(twins) })))).toContain("web.shop.prod.svc.a.eu-west-1 A 192.0.2.1");
  });

  it("moves a name up while its clusters are not serving, are drained or their origins are down", () => {
    const down = lines(sets(desired({ health: overlay({ dublin: 0, paris: 1, ohio: 1 }) })));
    expect(down).toContain("web.shop.prod.svc.eu-west-1 CNAME web.shop.prod.svc.gslb.example.org");
    expect(down).toContain("web.shop.prod.svc.eu-west-1a.eu-west-1 CNAME web.shop.prod.svc.eu-west-1.gslb.example.org");
    expect(down).toContain("web.shop.prod.svc A 192.0.2.2 192.0.2.3");
    const drained = CLUSTERS.map((one) => (one.name === "dublin" ? { ...one, weight: 0 } : one));
    expect(lines(sets(desired({ snapshot: snapshot(drained) })))).toEqual(down);
    const dead = {
      cluster: "dublin",
      origin: "dublin|http://192.0.2.1:80",
      verdict: "down" as const,
      sinceMs: 0,
      cause: "refused",
    };
    expect(lines(sets(desired({ health: { ...overlay({}), origins: [dead] } })))).toEqual(down);
  });

  it("believes no health that has expired", () => {
    const health = overlay({ dublin: 0, paris: 0, ohio: 1 });
    expect(lines(sets(desired({ health, nowMs: 60_000 })))).toEqual(lines(sets(desired())));
  });

  it("keeps the last answers when no cluster is ready", () => {
    const found = desired({ health: overlay({ dublin: 0, paris: 0, ohio: 0 }) });
    expect(sets(found)).toEqual([]);
    expect(found.zones[0]?.keep.length).toBe(7);
  });

  it("gives no federated name to a Service that only gateways reach, and each gateway a name", () => {
    const gateways = CLUSTERS.map((one) => ({
      ...one,
      gateway: origin(one.name === "paris" ? "lb.paris.example.net" : (ADDRESS[one.name] ?? "")),
    }));
    const found = desired({ snapshot: snapshot(gateways, { hosts: [host(gateways, () => null)] }) });
    expect(lines(sets(found))).toEqual([
      "dublin.origin.example.org A 192.0.2.1",
      "ohio.origin.example.org A 192.0.2.3",
      "paris.origin.example.org CNAME lb.paris.example.net",
    ]);
    expect(found.zones[0]?.keep).toEqual([]);
  });

  it("leads Ingress hosts to the edge, in public zones only", () => {
    const inside: Zone = { ...ZONE, visibility: "private", id: "Z2" };
    const zones = [
      { zone: inside, capabilities: EVERYTHING },
      { zone: ZONE, capabilities: EVERYTHING },
    ];
    const edge = {
      name: "cf",
      hostName: "edge.example.net",
      addresses: [],
      location: null,
      latencyRegion: null,
      bias: 0,
      aliasZoneId: null,
    };
    const found = desired({ config: config({ zones, edges: [edge], federation: null }) });
    expect(lines(sets(found, 0))).toEqual([]);
    expect(lines(sets(found, 1))).toEqual([`${HOST} CNAME edge.example.net`]);
    expect(found.zones[1]?.sets[0]?.resource).toBe("ingress/shop/web");
  });

  it("puts each name into the closest zone, and says which name has none", () => {
    const below: Zone = { name: "eu-west-1.gslb.example.org", visibility: "public", id: "Z3" };
    const zones = [
      { zone: ZONE, capabilities: EVERYTHING },
      { zone: below, capabilities: EVERYTHING },
    ];
    const clusters = CLUSTERS.map((one) => (one.name === "ohio" ? { ...one, gateway: origin("192.0.2.7") } : one));
    const settings = config({ zones, originSuffix: "example.net" });
    const found = desired({ config: settings, snapshot: snapshot(clusters) });
    expect(
      sets(found, 1)
        .map((set) => set.name)
        .sort(),
    ).toEqual([
      "web.shop.prod.svc.eu-west-1.gslb.example.org",
      "web.shop.prod.svc.eu-west-1a.eu-west-1.gslb.example.org",
    ]);
    expect(sets(found, 0).length).toBe(5);
    expect(found.losses).toEqual(['No public zone holds "ohio.example.net" of cluster/ohio']);
  });

  it("is the same for any order of clusters and backends", () => {
    expect(lines(sets(desired({ snapshot: snapshot(CLUSTERS.toReversed()) })))).toEqual(lines(sets(desired())));
  });
});

const kinds: readonly DnsCapabilities[] = [
  EVERYTHING,
  { ...EVERYTHING, provider: "set by set", atomicity: "record-set" },
];

describe.each(kinds)("three clusters and one zone, $atomicity", (capabilities) => {
  const foreign = [a("www.example.org", "203.0.113.1"), txt("example.org", "v=spf1 -all")];
  const live = (zone: readonly RecordSet[], from: string): boolean => deadEnd(from, stateOf(zone), ZONE.name) === null;

  /** One reconcile: what is wanted now, planned and applied change by change; no federated name may ever go dark. */
  function reconcile(
    current: readonly RecordSet[],
    some: Partial<DesiredInput>,
    isExplained = true,
  ): readonly RecordSet[] {
    const found = desired({ config: config({}, capabilities), ...some });
    const [zone] = found.zones;
    const plan = planZone(
      planInput({
        capabilities,
        current,
        desired: zone?.sets ?? [],
        keep: new Set(zone?.keep),
        isExplained: () => isExplained,
      }),
    );
    expect(plan.conflicts).toEqual([]);
    const wanted = new Set([...sets(found).map((set) => set.name), ...(zone?.keep ?? [])]);
    const names = [...new Set(current.map((set) => set.name))].filter(
      (name) => wanted.has(name) && live(current, name),
    );
    return plan.changes.reduce((now, change) => {
      const next = applied(now, change);
      if (next === null) throw new Error(`the condition of "${change.name}" does not hold`);
      for (const name of names) expect(live(next, name), name).toBe(true);
      return next;
    }, current);
  }

  it("a region dies and comes back: the chain moves and returns to the very same zone", () => {
    const healthy = reconcile(foreign, {});
    const health = overlay({ dublin: 0, paris: 1, ohio: 1 });
    const moved = reconcile(healthy, { health });
    expect(shown(moved)).not.toEqual(shown(healthy));
    expect(reconcile(moved, { health })).toBe(moved);
    expect(shown(reconcile(moved, {}))).toEqual(shown(healthy));
  });

  it("every cluster dies: the last answers stay", () => {
    const healthy = reconcile(foreign, {});
    const last = reconcile(healthy, { health: overlay({ dublin: 0, paris: 0, ohio: 1 }) });
    expect(reconcile(last, { health: overlay({ dublin: 0, paris: 0, ohio: 0 }) })).toBe(last);
  });

  it("a cluster leaves: none of its records is left, and nothing else changes", () => {
    const staying = CLUSTERS.slice(1);
    const after = reconcile(reconcile(foreign, {}), { snapshot: snapshot(staying) });
    expect(shown(after)).toEqual(shown(reconcile(foreign, { snapshot: snapshot(staying) })));
    expect(JSON.stringify(after)).not.toContain("eu-west-1");
  });

  it("the Service is deleted: the zone is as it was before us", () => {
    const after = reconcile(reconcile(foreign, {}), { snapshot: snapshot(CLUSTERS, { hosts: [] }) });
    expect(shown(after)).toEqual(shown(foreign));
  });

  it("the Service is gone and nobody saw it being deleted: every name stays", () => {
    const healthy = reconcile(foreign, {});
    const after = reconcile(healthy, { snapshot: snapshot(CLUSTERS, { hosts: [] }) }, false);
    expect(shown(after)).toEqual(shown(healthy));
  });
});
