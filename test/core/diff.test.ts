import { describe, expect, it } from "vitest";
import { diffTally } from "../../src/core/diff.ts";
import type { Candidate, Decision, ForwardDecision, RejectDecision } from "../../src/core/decision.ts";

function to(cluster: string, costMs: number, basis: Candidate["basis"] = "distance"): Decision {
  const candidate = { cluster, costUs: costMs * 1000, basis } as Candidate;
  return { action: "forward", candidates: [candidate] as readonly Candidate[] } as ForwardDecision;
}
const lost = { action: "reject", status: 404 } as RejectDecision;
const shop = { host: "shop.example.org", country: "DE" };

describe("diffTally()", () => {
  it("counts what stays, moves, is lost and gained, and what it costs", () => {
    const tally = diffTally();
    for (let index = 0; index < 3; index += 1) tally.add(shop, to("us", 100), to("eu", 40));
    tally.add(shop, to("eu", 40), to("eu", 41));
    tally.add({ ...shop, country: null }, to("eu", 40), to("us", 100.5));
    tally.add(shop, to("eu", 40), lost);
    tally.add(shop, lost, to("eu", 40));
    expect(tally.report()).toEqual({
      requests: 7,
      moved: 6,
      lost: 1,
      gained: 1,
      savedMs: 180,
      addedMs: 60.5,
      moves: [
        { ...shop, from: "us", to: "eu", requests: 3, costMs: -60 },
        { ...shop, country: null, from: "eu", to: "us", requests: 1, costMs: 60.5 },
        { ...shop, from: "404", to: "eu", requests: 1, costMs: null },
        { ...shop, from: "eu", to: "404", requests: 1, costMs: null },
      ],
    });
  });

  it("names no milliseconds where nobody knows the place", () => {
    const tally = diffTally();
    tally.add(shop, to("us", 400, "none"), to("eu", 40));
    expect(tally.report().moves).toMatchObject([{ costMs: null }]);
  });
});
