import { describe, expect, it } from "vitest";
import { newChoices, noteChoice } from "../../../src/core/health/moves.ts";
import { decide } from "../../../src/core/decide.ts";
import { healthView } from "../../../src/core/health/view.ts";
import type { ForwardDecision, Vantage } from "../../../src/core/decision.ts";
import { compile } from "../../../src/core/compile/compile.ts";
import { allPolicies } from "../../../src/core/all-policies.ts";
import { buildRoutingTable } from "../../../src/core/routing-table.ts";
import { cluster, ingress, observation, rule, service } from "../../build/objects.ts";
import { circumstancesAt, FRANKFURT, NEW_YORK, request } from "../../build/world.ts";

const config = observation(null, {
  clusters: [cluster("eu", { location: FRANKFURT }), cluster("us", { location: NEW_YORK })],
  ingresses: [ingress("shop", { rules: [rule("shop.example.org", "/", "shop")] })],
});
const members = ["eu", "us"].map((name) => observation(name, { services: [service("shop")] }));
const table = buildRoutingTable(
  compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot,
  allPolicies,
);

function decision(down: ReadonlyMap<string, string>, of: Vantage["of"] = "edge"): ForwardDecision {
  const here = circumstancesAt(FRANKFURT, { vantage: { of, place: "fra", point: FRANKFURT } });
  const made = decide(table, healthView(null, new Map(), down), request("shop.example.org", "/"), here);
  if (made.action !== "forward") throw new Error(`not forwarded: ${JSON.stringify(made)}`);
  return made;
}

describe("noteChoice()", () => {
  it("tells who moved where, why, since when, and at what cost", () => {
    const choices = newChoices();
    expect(noteChoice(choices, decision(new Map()), 1000)).toBeNull();
    expect(noteChoice(choices, decision(new Map()), 2000)).toBeNull();
    const away = noteChoice(choices, decision(new Map([["eu", "on fire"]])), 3000);
    expect(away).toMatchObject({
      what: "moved",
      subject: "shop.example.org",
      cause: "eu: on fire",
      sinceMs: 1000,
      move: { from: "eu", to: "us" },
    });
    expect(away?.move?.costUs).toBeGreaterThan(80_000);
    expect(noteChoice(choices, decision(new Map()), 4000)).toMatchObject({
      sinceMs: 3000,
      move: { from: "us", to: "eu" },
    });
  });

  it("says nothing at an edge that does not know its own place: its clients are everywhere", () => {
    const choices = newChoices();
    noteChoice(choices, decision(new Map(), "client"), 1000);
    expect(noteChoice(choices, decision(new Map([["eu", "on fire"]]), "client"), 2000)).toBeNull();
  });
});
