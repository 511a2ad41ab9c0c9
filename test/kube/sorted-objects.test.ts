import * as fc from "fast-check";
import { expect, it } from "vitest";
import { compareNames, type KnownObject } from "../../src/kube/kinds.ts";
import { sortedObjects } from "../../src/kube/sorted-objects.ts";
import { meta, service } from "../build/objects.ts";

const change = fc.record({
  name: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  namespace: fc.constantFrom("n", "m"),
  isGone: fc.boolean(),
  isListed: fc.boolean(),
});

it("sortedObjects() lists what is there in order, and never changes a list that it gave away", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const objects = sortedObjects();
      const expected = new Map<string, KnownObject>();
      const given: { list: readonly unknown[]; copy: readonly unknown[] }[] = [];
      for (const { name, namespace, isGone, isListed } of changes) {
        const key = `${namespace}/${name}`;
        const known = {
          list: "services" as const,
          object: { ...service(name), meta: meta("Service", name, { namespace }) },
        };
        if (isGone) objects.delete(key);
        else objects.set(key, known);
        if (isGone) expected.delete(key);
        else expected.set(key, known);
        if (!isListed) continue;
        const list = objects.list();
        expect(list).toEqual([...expected.values()].map(({ object }) => object).sort(compareNames));
        expect(objects.list()).toBe(list);
        given.push({ list, copy: [...list] });
      }
      for (const { list, copy } of given) expect(list).toEqual(copy);
    }),
  );
});
