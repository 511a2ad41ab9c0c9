import { expect } from "vitest";
import { create, recordSet, remove, replace, upsert } from "../../build/dns.ts";
import type { Register } from "../dns-provider.ts";
import { apply, applied, records, sorted, statuses, withoutApex } from "./read.ts";

const NAME = "shop.example.org";
const before = recordSet(NAME, "A", ["192.0.2.1", "192.0.2.2"]);
const after = recordSet(NAME, "A", ["192.0.2.2", "192.0.2.3"]);
const owner = recordSet(`a-${NAME}`, "TXT", ['"heritage=portolan,owner=one"']);
const otherOwner = recordSet(`a-${NAME}`, "TXT", ['"heritage=portolan,owner=two"']);
const stranger = recordSet(NAME, "A", ["198.51.100.7"]);
const pointer = recordSet(NAME, "CNAME", ["edge.example.net"]);

export function changeTests(test: Register): void {
  test("creates every set of a change", async (dns) => {
    await applied(dns, create(before, owner));
    expect(await records(dns)).toEqual(sorted(before, owner));
  });

  test("replaces the values of a set", async (dns) => {
    await applied(dns, create(before, owner));
    await applied(dns, replace([before, owner], [after, owner]));
    expect(await records(dns)).toEqual(sorted(after, owner));
  });

  test("replaces the time to live alone", async (dns) => {
    await applied(dns, create(before));
    const slower = { ...before, ttlSeconds: 120 };
    await applied(dns, replace([before], [slower]));
    expect(await records(dns)).toEqual([slower]);
  });

  test("adds a set to a name, and takes one away", async (dns) => {
    const v6 = recordSet(NAME, "AAAA", ["2001:db8::7"]);
    await applied(dns, create(before, owner));
    await applied(dns, replace([before, owner], [before, v6, owner]));
    expect(await records(dns)).toEqual(sorted(before, v6, owner));
    await applied(dns, replace([before, v6, owner], [v6, owner]));
    expect(await records(dns)).toEqual(sorted(v6, owner));
  });

  test("deletes every set of a change", async (dns) => {
    await applied(dns, create(before, owner));
    await applied(dns, remove(before, owner));
    expect(await records(dns)).toEqual([]);
  });

  test("counts what already stands as applied", async (dns) => {
    for (const change of [create(before, owner), replace([before, owner], [after, owner]), remove(after, owner)]) {
      await applied(dns, change);
      const stands = await records(dns);
      await applied(dns, change);
      expect(await records(dns)).toEqual(stands);
    }
  });

  test("does not create over what is there", async (dns) => {
    await dns.seed([stranger]);
    expect(statuses(await apply(dns, create(before, owner)))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual([stranger]);
  });

  test("does not replace what somebody else changed", async (dns) => {
    await applied(dns, create(before, owner));
    await dns.seed([stranger]);
    expect(statuses(await apply(dns, replace([before, owner], [after, owner])))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual(sorted(stranger, owner));
  });

  test("does not delete what somebody else changed", async (dns) => {
    await applied(dns, create(before, owner));
    await dns.seed([stranger]);
    expect(statuses(await apply(dns, remove(before, owner)))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual(sorted(stranger, owner));
  });

  test("does not write when a set that is only a condition was changed", async (dns) => {
    await applied(dns, create(before, owner));
    await dns.seed([otherOwner]);
    expect(statuses(await apply(dns, replace([before, owner], [after, owner])))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual(sorted(before, otherOwner));
  });

  test("does not write when a set that is only a condition is gone", async (dns) => {
    await applied(dns, create(before));
    expect(statuses(await apply(dns, replace([before, owner], [after, owner])))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual([before]);
  });

  test("does not overwrite a new set that somebody else made first", async (dns) => {
    const v6 = recordSet(NAME, "AAAA", ["2001:db8::7"]);
    const strangerV6 = recordSet(NAME, "AAAA", ["2001:db8::8"]);
    await applied(dns, create(before));
    await dns.seed([strangerV6]);
    expect(statuses(await apply(dns, replace([before], [after, v6])))).toEqual(["overtaken"]);
    expect(await records(dns)).toEqual(sorted(before, strangerV6));
  });

  test("overwrites with an upsert, and leaves other sets of the name alone", async (dns) => {
    const text = recordSet(NAME, "TXT", ['"somebody else was here"']);
    await dns.seed([stranger, text]);
    await applied(dns, upsert(after, owner));
    expect(await records(dns)).toEqual(sorted(after, owner, text));
  });

  test("turns a CNAME into addresses in one change, and back", async (dns) => {
    await applied(dns, create(pointer));
    await applied(dns, replace([pointer], [before]));
    expect(await records(dns)).toEqual([before]);
    await applied(dns, replace([before], [pointer]));
    expect(await records(dns)).toEqual([pointer]);
    // Between two states of the zone the name is never gone.
    const states = (dns.history() ?? []).map((state) => withoutApex(state).length);
    expect(states.filter((count) => count === 0)).toEqual([]);
  });

  test("never leaves a name without a value while all its values change", async (dns) => {
    await applied(dns, create(before));
    await applied(dns, replace([before], [stranger]));
    const history = dns.history();
    expect(history?.length).toBeGreaterThanOrEqual(2);
    const empty = history?.filter((state) => !state.some((set) => set.name === NAME && set.values.length > 0));
    expect(empty).toEqual([]);
    expect(await records(dns)).toEqual([stranger]);
  });

  test("gives outcomes in the order of the changes", async (dns) => {
    await dns.seed([stranger]);
    const changes = Array.from({ length: 5 }, (_, index) =>
      index === 2 ? create(before) : create(recordSet(`n${index}.example.org`, "A", ["192.0.2.1"])),
    );
    expect(statuses(await apply(dns, ...changes))).toEqual(["applied", "applied", "overtaken", "applied", "applied"]);
  });

  test("applies later changes on top of earlier ones", async (dns) => {
    await applied(dns, create(before), replace([before], [after]), create(owner), remove(owner));
    expect(await records(dns)).toEqual([after]);
  });

  test("does nothing when there is nothing to do", async (dns) => {
    expect(await apply(dns)).toEqual([]);
  });
}
