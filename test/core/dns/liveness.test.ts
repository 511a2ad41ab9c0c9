import { describe, expect, it } from "vitest";
import { deadEnd, stateAfter, stateOf } from "../../../src/core/dns/liveness.ts";
import { a, cname, txt } from "./zone.ts";

function end(name: string, ...sets: Parameters<typeof stateOf>[0]): string | null {
  return deadEnd(name, stateOf(sets), "example.org");
}

describe("deadEnd()", () => {
  it("follows CNAMEs and aliases inside the zone, and trusts what lies outside", () => {
    expect(end("a.example.org", cname("a.example.org", "b.example.org"), a("b.example.org", "192.0.2.1"))).toBeNull();
    expect(end("a.example.org", cname("a.example.org", "lb.example.net"))).toBeNull();
    expect(end("a.example.org", cname("a.example.org", "b.example.org"))).toBe("b.example.org");
    const alias = { name: "b.example.org", zoneId: null, evaluateTargetHealth: false };
    expect(end("a.example.org", { ...a("a.example.org"), ttlSeconds: null, alias })).toBe("b.example.org");
  });

  it("knows that a TXT is no answer", () => {
    expect(end("a.example.org", txt("a.example.org", "x"))).toBe("a.example.org");
  });

  it("lets a wildcard answer for names that are not there (RFC 4592)", () => {
    const zone = [cname("a.example.org", "x.y.apps.example.org"), a("*.apps.example.org", "192.0.2.1")];
    expect(end("a.example.org", ...zone)).toBeNull();
    // A name that exists, even without an answer, hides the wildcard from everything below it.
    expect(end("a.example.org", ...zone, txt("y.apps.example.org", "x"))).toBe("x.y.apps.example.org");
  });

  it("takes one living branch of several for an answer, and a loop for none", () => {
    const branch = (target: string) => ({
      ...cname("a.example.org", target),
      setIdentifier: target,
      policy: { type: "weighted" as const, weight: 1 },
    });
    const branches = [branch("b.example.org"), branch("c.example.org")];
    expect(end("a.example.org", ...branches, a("c.example.org", "192.0.2.1"))).toBeNull();
    expect(end("a.example.org", ...branches)).toBe("b.example.org");
    expect(
      end("a.example.org", cname("a.example.org", "b.example.org"), cname("b.example.org", "a.example.org")),
    ).not.toBeNull();
  });
});

describe("stateAfter()", () => {
  it("replaces what a change names and nothing else", () => {
    const [old, next, other] = [
      a("a.example.org", "192.0.2.1"),
      a("a.example.org", "192.0.2.2"),
      txt("a.example.org", "x"),
    ];
    const change = { action: "replace", name: "a.example.org", before: [old], after: [next], reason: "" } as const;
    expect(stateAfter(stateOf([old, other]), [change]).get("a.example.org")).toEqual([other, next]);
    const removal = { action: "delete", name: "a.example.org", before: [next], after: [], reason: "" } as const;
    expect(stateAfter(stateOf([next]), [removal]).has("a.example.org")).toBe(false);
  });
});
