import { describe, expect, it } from "vitest";
import { planZone } from "../../../src/core/dns/plan.ts";
import { type DesiredSet, plainSet, type RecordSet } from "../../../src/core/dns/records.ts";
import { readOwnership, subjectOfRegistry } from "../../../src/core/dns/registry.ts";
import { a, appliedAll, cname, EVERYTHING, planInput, shown, txt, wish } from "./zone.ts";

const WEB = "web.example.org";
const slow = { ...EVERYTHING, provider: "Slow DNS", atomicity: "record-set" } as const;

function published(
  desired: readonly DesiredSet[],
  owner = "east",
  start: readonly RecordSet[] = [],
): readonly RecordSet[] {
  return appliedAll(start, planZone(planInput({ owner, desired, current: start })).changes);
}

function visible(zone: readonly RecordSet[]): string[] {
  return shown(zone.filter((set) => subjectOfRegistry(set.name) === null));
}

describe("planZone() row by row", () => {
  it("creates a set together with its ownership, the ownership first", () => {
    const plan = planZone(planInput({ desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes.map((change) => change.action)).toEqual(["create"]);
    expect(plan.changes[0]?.after.map((set) => `${set.type} ${set.name}`)).toEqual([
      `TXT _portolan.${WEB}`,
      `A ${WEB}`,
    ]);
    expect(plan.changes[0]?.reason).toBe("service/shop/web asks for it");
  });

  it("replaces the exact old set", () => {
    const current = published([wish(a(WEB, "192.0.2.1"))]);
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.2"))] }));
    expect(plan.changes.map((change) => change.action)).toEqual(["replace"]);
    expect(plan.changes[0]?.before).toContainEqual(a(WEB, "192.0.2.1"));
  });

  it("says since when a name has been ours, whatever else changes", () => {
    const current = published([wish(a(WEB, "192.0.2.1"))]);
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.2"))], nowSeconds: 1_800_000_000 }));
    const registry = appliedAll(current, plan.changes).find((set) => set.type === "TXT");
    expect(readOwnership(WEB, registry ?? null).contributions).toMatchObject([
      { owner: "east", sinceSeconds: 1_790_000_000 },
    ]);
  });

  it("replaces a CNAME by addresses in one change", () => {
    const current = published([wish(cname(WEB, "lb.example.net"))]);
    const plan = planZone(
      planInput({ current, desired: [wish(a(WEB, "192.0.2.2")), wish(plainSet(WEB, "AAAA", ["2001:db8::1"], 30))] }),
    );
    expect(plan.changes.length).toBe(1);
    expect(visible(appliedAll(current, plan.changes)).length).toBe(2);
  });

  it("writes a set again that somebody deleted, and nothing else", () => {
    const current = published([wish(a(WEB, "192.0.2.1"))]).filter((set) => set.name !== WEB);
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes.map((change) => change.after.filter((set) => !change.before.includes(set)))).toEqual([
      [a(WEB, "192.0.2.1")],
    ]);
  });

  it("takes a claim back whose set somebody deleted", () => {
    const current = published([wish(a(WEB, "192.0.2.1"))]).filter((set) => set.name !== WEB);
    expect(appliedAll(current, planZone(planInput({ current })).changes)).toEqual([]);
  });

  it("repairs a set that somebody edited", () => {
    const current = published([wish(a(WEB, "192.0.2.1"))]).map((set) =>
      set.name === WEB ? a(WEB, "203.0.113.66") : set,
    );
    const zone = appliedAll(current, planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.1"))] })).changes);
    expect(visible(zone)).toEqual(shown([a(WEB, "192.0.2.1")]));
  });

  it("leaves records of another owner alone, and says whose they are", () => {
    const current = published([wish(cname(WEB, "lb.example.net"))], "west");
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.1"), "ingress/shop/web")] }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts).toMatchObject([
      { code: "other-owner", owner: "west", resource: "ingress/shop/web", name: WEB, type: "A" },
    ]);
  });

  it("leaves records that nobody owns alone, and names the owner in external-dns' registry", () => {
    const current = [a(WEB, "203.0.113.1"), txt(`a-${WEB}`, "heritage=external-dns,external-dns/owner=cluster-a")];
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts).toMatchObject([{ code: "foreign", owner: "cluster-a" }]);
  });

  it("does not put AAAA beside somebody's A, but does beside their TXT", () => {
    const desired = [wish(plainSet(WEB, "AAAA", ["2001:db8::1"], 30))];
    expect(planZone(planInput({ current: [a(WEB, "203.0.113.1")], desired })).conflicts).toMatchObject([
      { code: "foreign" },
    ]);
    expect(planZone(planInput({ current: [txt(WEB, "v=spf1 -all")], desired })).changes.length).toBe(1);
  });

  it("adopts what a person named", () => {
    const current = [cname(WEB, "old.example.net")];
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.1"))], adopt: new Set([WEB]) }));
    expect(plan.changes.map((change) => change.before)).toEqual([[cname(WEB, "old.example.net")]]);
    expect(visible(appliedAll(current, plan.changes))).toEqual(shown([a(WEB, "192.0.2.1")]));
  });

  it("adds up the addresses of two owners, and takes back only one's own", () => {
    const both = published([wish(a(WEB, "192.0.2.2"))], "west", published([wish(a(WEB, "192.0.2.1"))], "east"));
    expect(visible(both)).toEqual(shown([a(WEB, "192.0.2.1", "192.0.2.2")]));
    expect(visible(published([], "east", both))).toEqual(shown([a(WEB, "192.0.2.2")]));
    expect(published([], "west", published([], "east", both))).toEqual([]);
  });

  it("takes the shortest TTL of those who share a set", () => {
    const quick = { ...a(WEB, "192.0.2.1"), ttlSeconds: 10 };
    for (const other of [a(WEB, "192.0.2.1"), a(WEB, "192.0.2.2")]) {
      for (const pair of [
        [quick, other],
        [other, quick],
      ] as const) {
        const zone = published([wish(pair[0])], "west", published([wish(pair[1])], "east"));
        expect(zone.find((set) => set.name === WEB)?.ttlSeconds).toBe(10);
      }
    }
  });

  it("adds up two resources of one owner; a name beside an address is a conflict, and the holder keeps the name", () => {
    const two = [wish(a(WEB, "192.0.2.1"), "service/a/web"), wish(a(WEB, "192.0.2.2"), "service/b/web")];
    expect(visible(published(two))).toEqual(shown([a(WEB, "192.0.2.1", "192.0.2.2")]));
    const held = published([wish(cname(WEB, "lb.example.net"), "service/z/web")]);
    const desired = [wish(cname(WEB, "lb.example.net"), "service/z/web"), ...two];
    const plan = planZone(planInput({ current: held, desired }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts.map((one) => [one.code, one.resource])).toEqual([
      ["unlawful-union", "service/a/web"],
      ["unlawful-union", "service/b/web"],
    ]);
  });

  it("keeps weighted sets apart by identifier and turns away a plain set beside them", () => {
    const weighted = (id: string, ip: string): DesiredSet =>
      wish({ ...a(WEB, ip), setIdentifier: id, policy: { type: "weighted", weight: 10 } }, "service/a/web");
    const plan = planZone(
      planInput({
        desired: [
          weighted("fra", "192.0.2.1"),
          weighted("iad", "192.0.2.2"),
          wish(a(WEB, "192.0.2.3"), "service/z/web"),
        ],
      }),
    );
    expect(plan.conflicts).toMatchObject([{ code: "unlawful-union", resource: "service/z/web" }]);
    expect(appliedAll([], plan.changes).length).toBe(3);
  });

  it("touches nothing while a value of the ownership cannot be read", () => {
    const current = [a(WEB, "192.0.2.1"), txt(`_portolan.${WEB}`, "portolan=9 owner=east")];
    const plan = planZone(planInput({ current, desired: [wish(a(WEB, "192.0.2.2"))] }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts).toMatchObject([{ code: "foreign" }]);
  });

  it("leaves kept names as they are, and what they point to", () => {
    const behind = "portolan-addresses.web.example.org";
    const current = published([wish(cname(WEB, behind)), wish(a(behind, "192.0.2.1"))]);
    expect(planZone(planInput({ current, keep: new Set([WEB]) })).changes).toEqual([]);
  });
});

describe("planZone() policies and filters", () => {
  const current = published([wish(a(WEB, "192.0.2.1")), wish(a("api.example.org", "192.0.2.1"))]);
  const desired = [wish(a(WEB, "192.0.2.2")), wish(a("new.example.org", "192.0.2.1"))];

  it.each([
    ["sync", ["new.example.org", WEB, "api.example.org"]],
    ["upsert-only", ["new.example.org", WEB]],
    ["create-only", ["new.example.org"]],
  ] as const)("%s changes %j", (policy, names) => {
    expect(planZone(planInput({ current, desired, policy })).changes.map((change) => change.name)).toEqual(names);
  });

  it("create-only does not give a name another type", () => {
    const plan = planZone(planInput({ current, desired: [wish(cname(WEB, "lb.example.net"))], policy: "create-only" }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts).toMatchObject([{ code: "refused", owner: "east", type: "CNAME" }]);
  });

  it("upsert-only gives a name another type, and keeps names that nobody wants any more", () => {
    const plan = planZone(planInput({ current, desired: [wish(cname(WEB, "lb.example.net"))], policy: "upsert-only" }));
    expect(visible(appliedAll(current, plan.changes))).toEqual(
      shown([cname(WEB, "lb.example.net"), a("api.example.org", "192.0.2.1")]),
    );
  });

  it("touches no name outside the filter", () => {
    const filter = { include: ["new.example.org"], exclude: [], includeExpression: null, excludeExpression: null };
    expect(planZone(planInput({ current, desired, filter })).changes.map((change) => change.name)).toEqual([
      "new.example.org",
    ]);
  });

  it.each([
    [a("web.example.net", "192.0.2.1"), "outside the zone"],
    [a("web.eu.example.org", "192.0.2.1"), "delegated"],
    [
      a(`${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(55)}.example.org`, "192.0.2.1"),
      "no room for its ownership",
    ],
    [a("_portolan.web.example.org", "192.0.2.1"), "hold ownership"],
    [a(WEB, "192.0.2.256"), "no canonical data"],
    [plainSet(WEB, "AAAA", ["2001:DB8::1"], 30), "no canonical data"],
    [plainSet(WEB, "MX", ["10 mail.example.org"], 30), "no canonical data"],
    [cname("example.org", "lb.example.net"), "apex"],
    [cname(WEB, "192.0.2.1"), "no canonical data"],
    [{ ...a(WEB, "192.0.2.1"), setIdentifier: "x", policy: { type: "weighted", weight: 256 } as const }, "0…255"],
    [{ ...a(WEB, "192.0.2.1"), policy: { type: "multivalue" } as const }, "go together"],
  ])("refuses $name $type", (set, reason) => {
    const cut = plainSet("eu.example.org", "NS", ["ns.example.net"], 300);
    const plan = planZone(planInput({ current: [cut], desired: [wish(set)] }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts.map((one) => one.code)).toEqual(["refused"]);
    expect(plan.conflicts[0]?.message).toContain(reason);
  });

  it("refuses one record without holding up the others, and keeps what stood at the name", () => {
    const plan = planZone(
      planInput({
        current,
        desired: [wish(a(WEB, "bad")), ...desired.slice(1), wish(a("api.example.org", "192.0.2.1"))],
      }),
    );
    expect(plan.changes.map((change) => change.name)).toEqual(["new.example.org"]);
    expect(plan.conflicts.length).toBe(1);
  });

  it("gives the TTL that the provider takes, and no more values than it holds", () => {
    const capabilities = { ...EVERYTHING, minTtlSeconds: 60, maxValues: 2 };
    const zone = appliedAll(
      [],
      planZone(planInput({ capabilities, desired: [wish(a(WEB, "192.0.2.1", "192.0.2.2", "192.0.2.3"))] })).changes,
    );
    expect(zone.find((set) => set.name === WEB)).toEqual({ ...a(WEB, "192.0.2.1", "192.0.2.2"), ttlSeconds: 60 });
    expect(
      planZone(
        planInput({ capabilities, current: zone, desired: [wish(a(WEB, "192.0.2.1", "192.0.2.2", "192.0.2.3"))] }),
      ).changes,
    ).toEqual([]);
  });
});

describe("planZone() and very many addresses", () => {
  it("publishes as many as their ownership can list", () => {
    const addresses = Array.from({ length: 1000 }, (_, index) => `198.18.${index >> 8}.${index & 255}`);
    const desired = [wish(a(WEB, ...addresses))];
    const zone = published(desired);
    const count = zone.find((set) => set.name === WEB)?.values.length ?? 0;
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThan(400);
    for (const set of zone) for (const value of set.values) expect(value.length).toBeLessThan(4000);
    expect(planZone(planInput({ current: zone, desired })).changes).toEqual([]);
  });
});

describe("planZone() where one set is replaced at a time", () => {
  it("refuses to turn a CNAME into addresses, and keeps it", () => {
    const current = published([wish(cname(WEB, "lb.example.net"))]);
    const plan = planZone(planInput({ capabilities: slow, current, desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes).toEqual([]);
    expect(plan.conflicts).toMatchObject([{ code: "refused" }]);
    expect(plan.conflicts[0]?.message).toContain("Slow DNS cannot replace CNAME by another type in one step");
  });

  it("adds before it removes, and claims both in between", () => {
    const current = published([wish(plainSet(WEB, "AAAA", ["2001:db8::1"], 30))]);
    const plan = planZone(planInput({ capabilities: slow, current, desired: [wish(a(WEB, "192.0.2.1"))] }));
    expect(plan.changes.length).toBe(2);
    const [first, second] = plan.changes;
    const between = appliedAll(current, first === undefined ? [] : [first]);
    expect(visible(between).length).toBe(2);
    // A crash here leaves two sets that are ours: the next plan finishes the job.
    expect(
      planZone(planInput({ capabilities: slow, current: between, desired: [wish(a(WEB, "192.0.2.1"))] })).changes
        .length,
    ).toBe(1);
    expect(visible(appliedAll(between, second === undefined ? [] : [second]))).toEqual(shown([a(WEB, "192.0.2.1")]));
  });
});

describe("planZone() and rule 4", () => {
  const names = Array.from({ length: 40 }, (_, index) => `h${String(index).padStart(2, "0")}.example.org`);
  const both = (name: string): DesiredSet[] => [
    wish(a(name, "192.0.2.1")),
    wish(plainSet(name, "AAAA", ["2001:db8::1"], 30)),
  ];
  const all = names.flatMap(both);
  const current = published(all);
  const unexplained = { current, isExplained: (): boolean => false };

  it("holds what would empty a live name when nobody saw its object being deleted", () => {
    const plan = planZone(planInput({ ...unexplained, desired: names.slice(1).flatMap(both) }));
    expect(plan.changes).toEqual([]);
    expect(plan.held.map((one) => [one.code, one.change.name])).toEqual([["empties-live-name", "h00.example.org"]]);
    expect(plan.removal).toContain("h00.example.org");
  });

  it("lets it go once this very removal is approved", () => {
    const input = planInput({ ...unexplained, desired: names.slice(1).flatMap(both) });
    const { removal } = planZone(input);
    const plan = planZone({ ...input, isApproved: (text) => text === removal });
    expect(plan.held).toEqual([]);
    expect(plan.changes.map((change) => change.name)).toEqual(["h00.example.org"]);
    const other = planZone({ ...input, desired: names.slice(2).flatMap(both), isApproved: (text) => text === removal });
    expect(other.held.length).toBe(2);
  });

  it("lets explained removals pass, however many", () => {
    expect(planZone(planInput({ current, desired: [] })).changes.length).toBe(40);
  });

  it.each([
    [16, 0],
    [17, 17],
  ])("of 80 sets, %i unexplained removals that empty no name: holds %i", (count, heldCount) => {
    const desired = names.flatMap((name, index) => both(name).slice(0, index < count ? 1 : 2));
    const plan = planZone(planInput({ ...unexplained, desired }));
    expect(plan.held.length).toBe(heldCount);
    expect(plan.changes.length).toBe(count - heldCount);
    if (heldCount > 0) expect(plan.held[0]?.code).toBe("too-many-deletes");
  });

  it("lets five go in a small zone", () => {
    const few = names.slice(0, 6);
    const desired = few.flatMap((name, index) => both(name).slice(0, index < 5 ? 1 : 2));
    expect(planZone(planInput({ ...unexplained, current: published(few.flatMap(both)), desired })).held).toEqual([]);
  });

  it("applies everything else while something is held", () => {
    const desired = [...names.slice(1).flatMap(both), wish(a("new.example.org", "192.0.2.9"))];
    const plan = planZone(planInput({ ...unexplained, desired }));
    expect(plan.changes.map((change) => change.name)).toEqual(["new.example.org"]);
    expect(plan.held.length).toBe(1);
  });

  it("holds a CNAME that would lead to a name without an answer", () => {
    const zone = published([wish(a(WEB, "192.0.2.1"))]);
    const plan = planZone(planInput({ current: zone, desired: [wish(cname(WEB, "nothing.example.org"))] }));
    expect(plan.changes).toEqual([]);
    expect(plan.held.map((one) => one.code)).toEqual(["empties-live-name"]);
  });

  it("holds the removal of a name that somebody's CNAME leads to", () => {
    const zone = [...published([wish(a(WEB, "192.0.2.1"))]), cname("www.example.org", WEB)];
    const plan = planZone(planInput({ current: zone, desired: [], isExplained: () => false }));
    expect(plan.held.map((one) => one.change.name)).toEqual([WEB]);
  });
});

describe("the order of changes", () => {
  it("makes targets before the names that lead to them, and removes them after", () => {
    const [eu, us, all] = ["eu.example.org", "us.example.org", "world.example.org"];
    const first = [wish(cname(eu, us)), wish(a(us, "192.0.2.1"))];
    const second = [wish(cname(eu, all)), wish(a(all, "192.0.2.1"))];
    const plan = planZone(planInput({ current: published(first), desired: second }));
    expect(plan.changes.map((change) => change.name)).toEqual([all, eu, us]);
  });
});
