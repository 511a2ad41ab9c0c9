import { describe, expect, it } from "vitest";
import { type EdgeHostOptions, edgeHostSets, type EdgePlace } from "../../../src/core/dns/edge-hosts.ts";
import { plainSet } from "../../../src/core/dns/records.ts";
import { a, cname, EVERYTHING, ZONE } from "./zone.ts";

const WEB = "web.example.org";

function edge(name: string, some: Partial<EdgePlace> = {}): EdgePlace {
  return {
    name,
    hostName: `${name}.edge.example.net`,
    addresses: [],
    location: null,
    latencyRegion: null,
    bias: 0,
    aliasZoneId: null,
    ...some,
  };
}

function options(some: Partial<EdgeHostOptions> = {}): EdgeHostOptions {
  return { zone: ZONE, capabilities: EVERYTHING, ttlSeconds: 30, resolved: new Map(), ...some };
}

const FRA = edge("fra", { location: { latitude: 50.114, longitude: 8.683 }, latencyRegion: "eu-central-1", bias: 20 });
const IAD = edge("iad", { location: { latitude: 38.9445, longitude: -77.45588 }, latencyRegion: "us-east-1" });
const without = (...policies: string[]) => ({
  ...EVERYTHING,
  provider: "Azure DNS",
  policies: EVERYTHING.policies.filter((one) => !policies.includes(one)),
});

describe("edgeHostSets()", () => {
  it("leads to the one edge there is", () => {
    expect(edgeHostSets(WEB, [FRA], options())).toMatchObject({
      sets: [cname(WEB, "fra.edge.example.net")],
      losses: [],
    });
    expect(edgeHostSets(WEB, [], options()).sets).toEqual([]);
  });

  it("uses geoproximity with bias where the provider has both", () => {
    const { sets, losses } = edgeHostSets(WEB, [IAD, FRA], options());
    expect(sets.map((set) => [set.setIdentifier, set.values[0], set.policy])).toEqual([
      [
        "fra",
        "fra.edge.example.net",
        { type: "geoproximity", region: null, point: { latitude: 50.11, longitude: 8.68 }, bias: 20 },
      ],
      [
        "iad",
        "iad.edge.example.net",
        { type: "geoproximity", region: null, point: { latitude: 38.94, longitude: -77.46 }, bias: 0 },
      ],
    ]);
    expect(losses).toEqual([]);
  });

  it("says that Azure cannot express bias", () => {
    const { sets, losses } = edgeHostSets(
      WEB,
      [IAD, FRA],
      options({ capabilities: { ...EVERYTHING, provider: "Azure DNS", bias: false } }),
    );
    expect(losses).toEqual(['Azure DNS cannot express bias: that of fra is lost for "web.example.org"']);
    expect(sets.every((set) => set.policy?.type === "geoproximity" && set.policy.bias === 0)).toBe(true);
  });

  it("falls back to latency, continents, chance and the union, each with its loss", () => {
    const kinds = (...policies: string[]) => {
      const { sets, losses } = edgeHostSets(
        WEB,
        [IAD, FRA],
        options({ capabilities: without(...policies), resolved: new Map() }),
      );
      return [new Set(sets.map((set) => set.policy?.type)), losses.length > 0];
    };
    expect(kinds("geoproximity")).toEqual([new Set(["latency"]), true]);
    expect(kinds("geoproximity", "latency")).toEqual([new Set(["geolocation"]), true]);
    expect(kinds("geoproximity", "latency", "geolocation")).toEqual([new Set(["weighted"]), true]);
  });

  it("gives every continent its nearest edge, and everyone else a default", () => {
    const { sets } = edgeHostSets(WEB, [IAD, FRA], options({ capabilities: without("geoproximity", "latency") }));
    const found = Object.fromEntries(
      sets.map((set) => [
        set.policy?.type === "geolocation" ? (set.policy.continent ?? "default") : "?",
        set.values[0]?.slice(0, 3),
      ]),
    );
    expect(found).toEqual({ AF: "fra", AS: "fra", EU: "fra", NA: "iad", OC: "iad", SA: "iad", default: "fra" });
  });

  it("unites addresses where nothing else is there", () => {
    const none = { ...EVERYTHING, policies: [] };
    const edges = [
      edge("x", { hostName: null, addresses: ["192.0.2.1"] }),
      edge("y", { hostName: null, addresses: ["192.0.2.2", "2001:db8::2"] }),
    ];
    const { sets, losses } = edgeHostSets(WEB, edges, options({ capabilities: none }));
    expect(sets).toEqual([a(WEB, "192.0.2.1", "192.0.2.2"), plainSet(WEB, "AAAA", ["2001:db8::2"], 30)]);
    expect(losses.length).toBe(1);
  });

  it("gives an edge at addresses a name of its own beside edges with host names", () => {
    const home = edge("home", { hostName: null, addresses: ["192.0.2.1"], location: { latitude: 0, longitude: 0 } });
    const { sets } = edgeHostSets(WEB, [FRA, home], options());
    expect(sets[0]).toEqual(a("portolan-edge-home.example.org", "192.0.2.1"));
    expect(sets.filter((set) => set.name === WEB).map((set) => set.type)).toEqual(["CNAME", "CNAME"]);
  });

  it("uses aliases at an apex, and addresses where there are none", () => {
    const aliased = [FRA, IAD].map((one) => ({ ...one, aliasZoneId: "Z2FDTNDATAQYW2" }));
    const { sets } = edgeHostSets("example.org", aliased, options());
    expect(new Set(sets.map((set) => set.type))).toEqual(new Set(["A", "AAAA"]));
    expect(
      sets.every((set) => set.alias?.zoneId === "Z2FDTNDATAQYW2" && set.ttlSeconds === null && set.policy !== null),
    ).toBe(true);
    expect(edgeHostSets("example.org", [aliased[0] ?? FRA], options()).sets.map((set) => set.policy)).toEqual([
      null,
      null,
    ]);
    const resolved = new Map([["fra.edge.example.net", ["192.0.2.1"]]]);
    expect(edgeHostSets("example.org", [FRA], options({ resolved })).sets).toEqual([a("example.org", "192.0.2.1")]);
  });
});
