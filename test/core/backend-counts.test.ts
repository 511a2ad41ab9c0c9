import { describe, expect, it } from "vitest";
import { backendKey } from "../../src/core/health/view.ts";
import { countsIndex, listCounts, packCounts, partialCounts } from "../../src/core/snapshot/backend-counts.ts";

const ALL = [
  { cluster: "a", service: "default/shop/80", ready: 2, total: 3 },
  { cluster: "a", service: "default/api/http", ready: 0, total: 1 },
  { cluster: "b", service: "default/shop/80", ready: 5, total: 5 },
];

describe("packCounts()", () => {
  it("gives the same bytes whatever the order, and everything back", () => {
    expect(JSON.stringify(packCounts([...ALL].reverse()))).toBe(JSON.stringify(packCounts(ALL)));
    expect([...listCounts(packCounts(ALL))].sort((x, y) => x.ready - y.ready)).toEqual(
      [...ALL].sort((x, y) => x.ready - y.ready),
    );
  });
});

describe("partialCounts()", () => {
  it("lists what listCounts() lists of those that are not wholly ready, whatever stands there", () => {
    const counts = "1/1,,0/0,0/3,2/3,10/10,01/1,01/01,a/a,/,1/,12/1,1/12,3/2,1,11";
    const services = Array.from({ length: 15 }, (_, index) => `s/s/${index}`);
    const packed = {
      services,
      clusters: [counts, "", "2/3,4/4"].map((text, at) => ({ cluster: `c${at}`, counts: text })),
    };
    const partial = listCounts(packed).filter(({ ready, total }) => ready < total || ready === 0);
    expect(partial.length).toBeGreaterThan(3);
    expect(partialCounts(packed)).toEqual(partial);
  });
});

describe("countsIndex()", () => {
  it("finds each backend and nothing else", () => {
    const index = countsIndex(packCounts(ALL));
    for (const one of ALL) expect(index.get(backendKey(one.cluster, one.service))).toEqual(one);
    for (const key of ["b|default/api/http", "c|default/shop/80", "a|", "", "a|nothing"])
      expect(index.get(key)).toBeUndefined();
  });

  it("takes nobody out for an entry that is no count", () => {
    const index = countsIndex({ services: ["s/s/1", "t/t/1"], clusters: [{ cluster: "a", counts: "x/y,-1" }] });
    expect(index.get("a|s/s/1")).toMatchObject({ ready: 1 });
    expect(index.get("a|t/t/1")).toMatchObject({ ready: 1 });
  });
});
