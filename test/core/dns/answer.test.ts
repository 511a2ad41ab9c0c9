import { describe, expect, it } from "vitest";
import { type AnswerOptions, addressNameOf, answerFor } from "../../../src/core/dns/answer.ts";
import { plainSet } from "../../../src/core/dns/records.ts";
import { a, cname, EVERYTHING } from "./zone.ts";

const WEB = "web.example.org";
const plain = { ...EVERYTHING, provider: "Plain DNS", policies: [] };

function options(some: Partial<AnswerOptions> = {}): AnswerOptions {
  return {
    ttlSeconds: 30,
    capabilities: EVERYTHING,
    isApex: false,
    resolved: new Map(),
    alwaysResolve: false,
    ...some,
  };
}

function ip(text: string): { ip: string; hostname: null } {
  return { ip: text, hostname: null };
}

function host(text: string): { ip: null; hostname: string } {
  return { ip: null, hostname: text };
}

describe("answerFor()", () => {
  it("puts addresses into A and AAAA, canonical and once", () => {
    const answer = answerFor(WEB, [ip("2001:DB8::0001"), ip("192.0.2.2"), ip("192.0.2.1"), ip("192.0.2.2")], options());
    expect(answer.sets).toEqual([a(WEB, "192.0.2.1", "192.0.2.2"), plainSet(WEB, "AAAA", ["2001:db8::1"], 30)]);
  });

  it("leaves a lone host name a CNAME", () => {
    expect(answerFor(WEB, [host("LB.example.net.")], options()).sets).toEqual([cname(WEB, "lb.example.net")]);
  });

  it("takes an address that stands where a host name belongs", () => {
    expect(answerFor(WEB, [host("192.0.2.1")], options()).sets).toEqual([a(WEB, "192.0.2.1")]);
  });

  it("makes weighted sets of several host names and addresses, where the provider has them", () => {
    const answer = answerFor(
      WEB,
      [host("b.example.net"), ip("192.0.2.1"), ip("192.0.2.2"), host("a.example.net")],
      options(),
    );
    const behind = addressNameOf(WEB);
    const weighted = (target: string, weight: number) => ({
      ...cname(WEB, target),
      setIdentifier: target,
      policy: { type: "weighted", weight },
    });
    expect(answer.sets).toEqual([
      a(behind, "192.0.2.1", "192.0.2.2"),
      weighted("a.example.net", 1),
      weighted("b.example.net", 1),
      weighted(behind, 2),
    ]);
  });

  it("resolves them elsewhere, and says so", () => {
    const resolved = new Map([
      ["a.example.net", ["192.0.2.7"]],
      ["b.example.net", ["2001:db8::7"]],
    ]);
    const answer = answerFor(
      WEB,
      [host("b.example.net"), host("a.example.net"), ip("192.0.2.1")],
      options({ capabilities: plain, resolved }),
    );
    expect(answer.sets).toEqual([a(WEB, "192.0.2.1", "192.0.2.7"), plainSet(WEB, "AAAA", ["2001:db8::7"], 30)]);
    expect(answer.resolve).toEqual(["a.example.net", "b.example.net"]);
    expect(answer.losses[0]).toContain("Plain DNS cannot hold");
  });

  it.each([new Map(), new Map([["a.example.net", null]]), new Map([["a.example.net", []]])])(
    "keeps the name while one does not resolve",
    (resolved) => {
      const answer = answerFor(
        WEB,
        [host("a.example.net"), ip("192.0.2.1")],
        options({ capabilities: plain, resolved }),
      );
      expect(answer).toMatchObject({ sets: [], keep: true, resolve: ["a.example.net"] });
    },
  );

  it("keeps the name when a target is neither", () => {
    expect(answerFor(WEB, [ip("nonsense")], options()).keep).toBe(true);
    expect(answerFor(WEB, [{ ip: null, hostname: null }], options()).keep).toBe(true);
  });

  it("puts no CNAME at an apex", () => {
    const resolved = new Map([["a.example.net", ["192.0.2.7"]]]);
    expect(answerFor("example.org", [host("a.example.net")], options({ isApex: true, resolved })).sets).toEqual([
      a("example.org", "192.0.2.7"),
    ]);
  });

  it("gives a name its type for ever where one set is replaced at a time", () => {
    const capabilities = { ...plain, atomicity: "record-set" } as const;
    const behind = addressNameOf(WEB);
    expect(answerFor(WEB, [ip("192.0.2.1")], options({ capabilities })).sets).toEqual([
      a(behind, "192.0.2.1"),
      cname(WEB, behind),
    ]);
    expect(answerFor("*.example.org", [ip("192.0.2.1")], options({ capabilities })).sets[0]?.name).toBe(
      "portolan-addresses.example.org",
    );
  });
});
