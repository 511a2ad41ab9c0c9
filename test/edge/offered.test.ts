import { describe, expect, it } from "vitest";
import { decide } from "../../src/core/decide.ts";
import { mergeReports, NO_MEMORY } from "../../src/core/health/merge-reports.ts";
import { healthView } from "../../src/core/health/view.ts";
import type { EdgeReport } from "../../src/core/health/model.ts";
import { parseReport, reportText } from "../../src/core/snapshot/report.ts";
import { countOffered, newOfferedCounter, offeredLoad } from "../../src/edge/offered.ts";
import { client, healthOf, modelCluster, tableOf, toShop } from "../build/steering.ts";
import { FRANKFURT } from "../build/world.ts";

const table = tableOf([
  modelCluster("far", { location: { latitude: 33, longitude: -80 } }),
  modelCluster("near", { location: FRANKFURT, capacity: 10 }),
]);

function decided(number: number, offered: ReadonlyMap<string, number> | null) {
  const decision = decide(table, healthOf(), toShop, client(number, { point: FRANKFURT, offered }));
  if (decision.action !== "forward") throw new Error("not forwarded");
  return decision;
}

function report(edge: string, offered: EdgeReport["offered"], reportedAtMs = 100_000): EdgeReport {
  return {
    edge,
    place: null,
    epoch: 1,
    generation: 1,
    hash: "",
    loadedAtMs: 0,
    reportedAtMs,
    requests: 0,
    origins: [],
    verdicts: [],
    roundTrips: [],
    offered,
    events: [],
    distrustsItself: false,
  };
}

describe("what an edge offers", () => {
  it("counts whole seconds of the last ten, and the second that is running not yet", () => {
    const counter = newOfferedCounter();
    for (let ms = 0; ms < 5500; ms += 50) countOffered(counter, decided(1, null), ms);
    expect(offeredLoad(counter, 5500)).toEqual([{ cluster: "near", perSecond: 10 }]);
    expect(offeredLoad(counter, 12_000)).toEqual([{ cluster: "near", perSecond: 7 }]);
    expect(offeredLoad(counter, 60_000)).toEqual([]);
  });

  it("counts a cluster that passed a client on as offered too: otherwise its load would seem to fall", () => {
    const counter = newOfferedCounter();
    const known = new Map([["near", 100]]);
    let passed = 0;
    for (let number = 0; number < 1000; number += 1) {
      const decision = decided(number, known);
      passed += decision.passedBy.length;
      countOffered(counter, decision, 500);
    }
    expect(passed).toBeGreaterThan(800);
    expect(offeredLoad(counter, 1000)).toContainEqual({ cluster: "near", perSecond: 100 });
  });

  it("reaches the decisions of all edges: reports are added up, stale ones left out", () => {
    const reports = [
      report("a", [{ cluster: "near", perSecond: 60 }]),
      report("b", [{ cluster: "near", perSecond: 40.5 }]),
      report("gone", [{ cluster: "near", perSecond: 900 }], 10_000),
    ].map((one) => {
      const read = parseReport(reportText(one));
      if (!read.ok) throw new Error(read.problem);
      return read.report;
    });
    const merged = mergeReports({ reports, clusters: [], events: [], nowMs: 100_000, dwellMs: 0 }, NO_MEMORY);
    const overlay = {
      observedAtMs: 0,
      validForMs: 1000,
      clusters: [],
      backends: { services: [], clusters: [] },
      ...merged.overlay,
    };
    expect([...healthView(overlay, new Map()).offered]).toEqual([["near", 100.5]]);
  });
});
