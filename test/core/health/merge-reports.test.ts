import { describe, expect, it } from "vitest";
import { mergeReports, type MergeMemory, NO_MEMORY } from "../../../src/core/health/merge-reports.ts";
import type { EdgeReport, OriginHealth } from "../../../src/core/health/model.ts";
import type { Cluster } from "../../../src/core/model.ts";
import { listTrips } from "../../../src/core/snapshot/round-trips.ts";

const ORIGIN = "fra|https://fra.origin.example.org:443";
const FRANKFURT = { latitude: 50.1, longitude: 8.7 };

function says(verdict: "up" | "down"): OriginHealth {
  return {
    cluster: "fra",
    origin: ORIGIN,
    verdict,
    sinceMs: 0,
    cause: verdict === "down" ? "refused ×3" : "good probe",
  };
}

function report(edge: string, more: Partial<EdgeReport> = {}): EdgeReport {
  return {
    edge,
    place: null,
    epoch: 1,
    generation: 1,
    hash: "",
    loadedAtMs: 0,
    reportedAtMs: 1000,
    requests: 0,
    origins: [],
    verdicts: [],
    roundTrips: [],
    offered: [],
    events: [],
    distrustsItself: false,
    ...more,
  };
}

function cluster(name: string, latitude: number, longitude: number): Cluster {
  return {
    name,
    provider: null,
    region: null,
    zone: null,
    location: { latitude, longitude },
    residency: [],
    weight: 100,
    bias: 0,
    capacity: null,
    ramp: null,
    drainUntilMs: null,
    limits: null,
    gateway: null,
  };
}

function merge(reports: readonly EdgeReport[], memory: MergeMemory = NO_MEMORY, nowMs = 1000) {
  const clusters = [cluster("fra", 50.1, 8.7), cluster("nyc", 40.7, -74)];
  return mergeReports({ reports, clusters, events: [], nowMs, dwellMs: 60_000 }, memory);
}

describe("mergeReports()", () => {
  it.each([
    ["most edges", ["down", "down", "up"], true],
    ["half of them", ["down", "up"], false],
    ["one of three", ["down", "up", "up"], false],
    ["the only edge there is", ["down"], true],
  ] as const)("believes %s: %o", (_who, verdicts, down) => {
    const { overlay } = merge(verdicts.map((verdict, index) => report(`e${index}`, { origins: [says(verdict)] })));
    expect(overlay.origins.map((one) => one.verdict)).toEqual(down ? ["down"] : []);
    expect(overlay.events.map((one) => one.what)).toEqual(down ? ["origin-down"] : []);
  });

  it("convicts nobody on one voice among several edges", () => {
    expect(merge([report("a", { origins: [says("down")] }), report("b"), report("c")]).overlay.origins).toEqual([]);
  });

  it("leaves out an edge that distrusts itself, and one that is silent", () => {
    const down = { origins: [says("down")] };
    const others = [report("c", { origins: [says("up")] }), report("d", { origins: [says("up")] })];
    expect(
      merge([report("a", { ...down, distrustsItself: true }), report("b", down), ...others]).overlay.origins,
    ).toEqual([]);
    expect(merge([report("a", down), report("b", down)], NO_MEMORY, 40_000).overlay.origins).toEqual([]);
  });

  it("says when it came back, since when it was away, and keeps the time of a verdict that stays", () => {
    const down = [report("a", { origins: [says("down")] })];
    const first = merge(down);
    const second = merge(
      down.map((one) => ({ ...one, reportedAtMs: 2000 })),
      first.memory,
      2000,
    );
    expect(second.overlay.origins).toEqual(first.overlay.origins);
    const third = merge([report("a", { origins: [says("up")], reportedAtMs: 3000 })], second.memory, 3000);
    expect(third.overlay.origins).toMatchObject([{ verdict: "up", sinceMs: 3000 }]);
    expect(third.overlay.events.at(-1)).toMatchObject({
      what: "origin-up",
      sinceMs: 1000,
      subject: ORIGIN,
      by: "control",
    });
  });

  it("shares what edges of one place measured, and calibrates what nobody did", () => {
    const trip = { cluster: "fra", us: 9000, samples: 3, observedAtMs: 900 };
    const { overlay } = merge([
      report("one", { place: FRANKFURT, roundTrips: [trip, { ...trip, cluster: "nyc", us: 90_000 }] }),
      report("two", { place: FRANKFURT, roundTrips: [{ ...trip, us: 7000 }] }),
      report("prague", { place: { latitude: 50.1, longitude: 14.4 } }),
    ]);
    const of = (place: string, name: string) =>
      listTrips(overlay.roundTrips).find((one) => one.place === place && one.cluster === name);
    expect(of("one", "fra")).toMatchObject({ us: 7000, basis: "measured" });
    expect(of("two", "nyc")).toMatchObject({ us: 90_000, basis: "measured" });
    expect(of("prague", "nyc")).toMatchObject({ basis: "calibrated", samples: 0 });
  });

  it("does not take what has too few samples or is too old", () => {
    const thin = { cluster: "fra", us: 9000, samples: 2, observedAtMs: 900 };
    const { overlay } = merge([report("one", { place: FRANKFURT, roundTrips: [thin] })]);
    expect(overlay.roundTrips).toEqual([]);
  });
});
