import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordSet } from "../../../src/core/dns/records.ts";
import {
  type Contribution,
  readOwnership,
  registryNameOf,
  registrySet,
  subjectOfRegistry,
} from "../../../src/core/dns/registry.ts";
import { a, cname, txt } from "./zone.ts";

function claim(set: RecordSet, owner = "east"): Contribution {
  return { owner, resources: ["ingress/shop/web"], sinceSeconds: 1_790_000_000, set };
}

describe("the ownership TXT", () => {
  it("has a name that no record collides with, also for wildcards", () => {
    expect(registryNameOf("web.example.org")).toBe("_portolan.web.example.org");
    expect(registryNameOf("*.example.org")).toBe("_portolan._wildcard.example.org");
    for (const name of ["web.example.org", "*.example.org"]) expect(subjectOfRegistry(registryNameOf(name))).toBe(name);
    expect(subjectOfRegistry("web.example.org")).toBeNull();
  });

  it("can be read by people", () => {
    const set = registrySet("web.example.org", {
      contributions: [claim(a("web.example.org", "192.0.2.1"))],
      unreadable: [],
    });
    expect(set?.values).toEqual([
      '"portolan=1 owner=east since=1790000000 resources=ingress/shop/web type=A set= ttl=30 values=192.0.2.1 more="',
    ]);
  });

  it("reads back whatever was written", () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
    const policy = fc.option(fc.integer({ min: 0, max: 255 }).map((weight) => ({ type: "weighted" as const, weight })));
    fc.assert(
      fc.property(
        word,
        fc.uniqueArray(word, { maxLength: 3 }),
        word,
        policy,
        (owner, resources, setIdentifier, weighted) => {
          const base = a("web.example.org", "192.0.2.1", "192.0.2.2");
          const set = weighted === null ? base : { ...base, policy: weighted, setIdentifier };
          const one = { owner, resources, sinceSeconds: 1, set };
          const written = registrySet("web.example.org", { contributions: [one], unreadable: [] });
          expect(readOwnership("web.example.org", written)).toEqual({ contributions: [one], unreadable: [] });
        },
      ),
    );
  });

  it.each([
    "v=spf1 -all",
    "portolan=2 owner=east since=1 type=A",
    "portolan=1 owner= since=1 type=A",
    "portolan=1 owner=e since=x type=A",
    "portolan=1 owner=%zz since=1 type=A",
    "portolan=1 owner=e since=1 type=A ttl=x",
    "portolan=1 owner=e since=1 type=A more=%7B",
    "",
  ])("keeps %j as unreadable, byte for byte", (text) => {
    const set = txt("_portolan.web.example.org", text);
    const ownership = readOwnership("web.example.org", set);
    expect(ownership).toEqual({ contributions: [], unreadable: set.values });
    expect(registrySet("web.example.org", ownership)?.values).toEqual(set.values);
  });

  it("never throws for what anybody may write into a zone", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 80 })), (values) => {
        const ownership = readOwnership("web.example.org", { ...txt("x", "y"), values });
        expect(ownership.contributions.length + ownership.unreadable.length).toBe(values.length);
      }),
    );
  });

  it("holds one value for each owner and set", () => {
    const contributions = [
      claim(a("web.example.org", "192.0.2.1")),
      claim(cname("web.example.org", "lb.example.net"), "west"),
    ];
    const set = registrySet("web.example.org", { contributions, unreadable: [] });
    expect(set?.values.length).toBe(2);
    expect(
      readOwnership("web.example.org", set)
        .contributions.map((one) => one.owner)
        .sort(),
    ).toEqual(["east", "west"]);
  });
});
