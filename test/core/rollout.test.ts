import { describe, expect, it } from "vitest";
import { rolloutOf } from "../../src/core/rollout.ts";
import { type EdgeStatus, statusReport } from "../../src/core/status.ts";

const edge = (name: string, epoch: number, generation: number, silentMs = 1000): EdgeStatus => ({
  edge: name,
  place: "50,8",
  epoch,
  generation,
  ageMs: 5000,
  silentMs,
  requests: 0,
});
const EMPTY = statusReport({
  published: null,
  overlay: null,
  reports: [],
  withheld: [],
  approval: null,
  rollback: null,
  drains: [],
  dns: [],
  hosts: [],
  problems: [],
  nowMs: 10_000,
});
const SNAPSHOT = { epoch: 2, generation: 7, hash: "h", publishedAtMs: 4000, hosts: 1 };
const of = (edges: readonly EdgeStatus[], least = 1) =>
  rolloutOf({ ...EMPTY, snapshot: SNAPSHOT, edges }, { least, after: null });

describe("rolloutOf()", () => {
  it("lists edges by generation, newest first, and says which lag by how much", () => {
    const { edges, current, behind, silent, isDone } = of([
      edge("b", 2, 7),
      edge("old", 1, 99),
      edge("a", 2, 7),
      edge("late", 2, 5),
      edge("gone", 2, 6, 200_000),
    ]);
    expect(edges.map((one) => [one.edge, one.state, one.behind])).toEqual([
      ["a", "current", 0],
      ["b", "current", 0],
      ["gone", "silent", 1],
      ["late", "behind", 2],
      ["old", "behind", null],
    ]);
    expect([current, behind, silent, isDone]).toEqual([2, 2, 1, false]);
  });

  it.each([
    ["all that report serve it", [edge("a", 2, 7), edge("gone", 2, 6, 200_000)], 1, true],
    ["nobody reports", [], 1, false],
    ["nobody has to", [], 0, true],
    ["all are silent", [edge("gone", 2, 7, 200_000)], 1, false],
    ["fewer than asked for", [edge("a", 2, 7)], 2, false],
    ["one is ahead of control", [edge("a", 2, 7), edge("b", 2, 8)], 1, false],
  ])("is done or not when %s", (_name, edges, least, isDone) => {
    expect(of(edges, least).isDone).toBe(isDone);
  });

  it("is not done before something newer is published, or anything at all", () => {
    const edges = [edge("a", 2, 7)];
    const after = (epoch: number, generation: number) =>
      rolloutOf({ ...EMPTY, snapshot: SNAPSHOT, edges }, { least: 1, after: { epoch, generation } }).isDone;
    expect([after(2, 6), after(1, 99), after(2, 7), after(3, 1)]).toEqual([true, true, false, false]);
    expect(rolloutOf({ ...EMPTY, edges }, { least: 0, after: null }).isDone).toBe(false);
  });
});
