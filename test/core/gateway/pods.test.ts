import { describe, expect, it } from "vitest";
import { choosePods, type PodFacts } from "../../../src/core/gateway/choose-pods.ts";
import { type Pod, podTable } from "../../../src/core/gateway/pod-table.ts";
import type { EndpointSliceObject, ServiceObject } from "../../../src/core/objects.ts";
import { service, slice } from "../../build/objects.ts";

const PORT: ServiceObject["ports"][number] = {
  name: "http",
  port: 80,
  targetPort: "8080",
  protocol: "TCP",
  appProtocol: null,
};

const tableOf = (services: ServiceObject[], endpointSlices: EndpointSliceObject[], allowPrivate = false) =>
  podTable({ services, endpointSlices }, allowPrivate);
const shown = (pods: readonly Pod[] | undefined) =>
  pods?.map(({ origin }) => `${origin.protocol}://${origin.connectHost}:${origin.port}`) ?? null;

describe("podTable()", () => {
  it("lists the ready pods of a service port under its number and its name", () => {
    const { table } = tableOf(
      [service("shop", { ports: [PORT, { ...PORT, name: "admin", port: 81 }] })],
      [
        {
          ...slice("shop", ["10.0.0.2", "10.0.0.1"]),
          ports: [
            { name: "http", port: 8080 },
            { name: "admin", port: 8081 },
          ],
        },
        { ...slice("shop", ["10.0.0.3"], { ready: false }), ports: [{ name: "http", port: 8080 }] },
        { ...slice("shop", ["10.0.0.1"]), ports: [{ name: "http", port: 8080 }] },
      ],
    );
    expect(shown(table.get("default/shop/80"))).toEqual(["http://10.0.0.1:8080", "http://10.0.0.2:8080"]);
    expect(table.get("default/shop/http")).toBe(table.get("default/shop/80"));
    expect(shown(table.get("default/shop/81"))).toEqual(["http://10.0.0.1:8081", "http://10.0.0.2:8081"]);
    expect(table.get("default/shop/8080")).toBeUndefined();
    expect(table.get("other/shop/80")).toBeUndefined();
  });

  it("knows a service without a ready pod, and none of other protocols or ExternalName", () => {
    const services = [
      service("empty"),
      service("dns", { ports: [{ ...PORT, protocol: "UDP" }] }),
      service("elsewhere", { type: "ExternalName" }),
    ];
    const { table } = tableOf(services, [slice("elsewhere", ["10.0.0.1"]), slice("dns", ["10.0.0.1"])]);
    expect([...table]).toEqual([["default/empty/80", []]]);
  });

  it("never sends anything to the gateway's own machine, its link or a metadata service", () => {
    const bad = ["127.0.0.1", "169.254.169.254", "169.254.10.10", "100.100.100.200", "fe80::1", "::1", "pod.example"];
    const { table, problems } = tableOf([service("shop")], [slice("shop", [...bad, "10.1.2.3"])]);
    expect(shown(table.get("default/shop/80"))).toEqual(["http://10.1.2.3:8080"]);
    expect(problems.map(({ reason }) => reason)).toEqual(bad.map(() => "ForbiddenAddress"));
    const allowed = tableOf([service("shop")], [slice("shop", bad)], true);
    expect(shown(allowed.table.get("default/shop/80"))).toEqual(["http://127.0.0.1:8080"]);
  });

  it("counts a dual-stack pod once", () => {
    const { table } = tableOf([service("shop")], [slice("shop", ["fd00::1"]), slice("shop", ["10.0.0.1"])]);
    expect(shown(table.get("default/shop/80"))).toEqual(["http://10.0.0.1:8080"]);
    const six = tableOf([service("shop")], [slice("shop", ["fd00::1"])]);
    expect(shown(six.table.get("default/shop/80"))).toEqual(["http://fd00::1:8080"]);
  });

  it("speaks TLS to a port that says so, under the name of the Service", () => {
    const { table } = tableOf(
      [service("shop", { ports: [{ ...PORT, name: null, appProtocol: "https" }] })],
      [slice("shop", ["10.0.0.1"])],
    );
    expect(table.get("default/shop/80")?.[0]?.origin).toMatchObject({
      protocol: "https",
      serverName: "shop.default.svc",
    });
  });
});

const pod = (name: string, zone: string | null = null): Pod => ({
  origin: {
    connectHost: name,
    port: 80,
    protocol: "http",
    serverName: null,
    ca: null,
    host: "public",
    allowedCidrs: [],
    signed: false,
  },
  zone,
});
const choose = (pods: readonly Pod[], more: Partial<PodFacts> & { loads?: Readonly<Record<string, number>> } = {}) =>
  choosePods(pods, {
    zone: null,
    seed: 0,
    inFlight: ({ connectHost }) => more.loads?.[connectHost] ?? 0,
    ejectedUntilMs: () => 0,
    nowMs: 1000,
    ...more,
  }).map(({ connectHost }) => connectHost);

describe("choosePods()", () => {
  const abc = [pod("a"), pod("b"), pod("c")];

  it("takes the fewest requests under way, and turns where they are equal", () => {
    expect(choose(abc, { loads: { a: 2, b: 1, c: 3 } })).toEqual(["b", "a", "c"]);
    expect([0, 1, 2, 3].map((seed) => choose(abc, { seed })[0])).toEqual(["a", "b", "c", "a"]);
    expect(choose(abc, { seed: 2, loads: { c: 1 } })).toEqual(["a", "b", "c"]);
  });

  it("chooses three of many, the best ones", () => {
    const many = Array.from({ length: 50 }, (_, index) => pod(`p${index}`));
    const loads = Object.fromEntries(many.map(({ origin }, index) => [origin.connectHost, 50 - index]));
    expect(choose(many, { seed: 17, loads })).toEqual(["p49", "p48", "p47"]);
  });

  it("prefers its own zone, whatever the load, and goes to others when that has none", () => {
    const zoned = [pod("far", "z2"), pod("near", "z1"), pod("unknown")];
    expect(choose(zoned, { zone: "z1", loads: { near: 100 } })).toEqual(["near", "far", "unknown"]);
    expect(choose(zoned, { zone: "z3", loads: { far: 1, near: 2 } })).toEqual(["unknown", "far", "near"]);
  });

  it("leaves ejected ones out, at most half of them and never the last", () => {
    const until = (ends: Readonly<Record<string, number>>) => (origin: Pod["origin"]) => ends[origin.connectHost] ?? 0;
    expect(choose(abc, { ejectedUntilMs: until({ a: 5000 }) })).toEqual(["b", "c"]);
    expect(choose(abc, { ejectedUntilMs: until({ a: 999 }) })).toEqual(["a", "b", "c"]);
    expect(choose(abc, { ejectedUntilMs: until({ a: 5000, b: 6000, c: 7000 }) })).toEqual(["a", "b"]);
    expect(choose([pod("a")], { ejectedUntilMs: until({ a: 5000 }) })).toEqual(["a"]);
  });

  it("has none of none", () => {
    expect(choose([])).toEqual([]);
  });
});
