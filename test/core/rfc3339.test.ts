import * as fc from "fast-check";
import { expect, it } from "vitest";
import { rfc3339 } from "../../src/core/rfc3339.ts";

it("rfc3339() is the platform's own text, without the ms", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      expect(rfc3339(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`);
    }),
    { numRuns: 2000 },
  );
});
