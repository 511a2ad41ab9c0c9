/**
 * The bytes of a wide world, as they were recorded before `compile` went through it member by member. They are what edges
 * hold already: other bytes are other slices, each of which every edge reads anew. Whoever means that records them again.
 */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { wideWorld } from "../../../bench/wide-world.ts";
import { compile } from "../../../src/core/compile/compile.ts";
import type { EndpointSliceObject, Observation } from "../../../src/core/objects.ts";
import { canonicalJson } from "../../../src/core/snapshot/canonical.ts";

/** None, one, or two slices of which the second has an address that nobody may have and one that is not ready. */
function rough(member: Observation, cluster: number): Observation {
  const endpointSlices = member.objects.endpointSlices.flatMap((slice, index): EndpointSliceObject[] => {
    if ((index + cluster) % 7 === 0) return [];
    const [endpoint] = slice.endpoints;
    if ((index + cluster) % 5 !== 0 || endpoint === undefined) return [slice];
    const hostile = { ...endpoint, addresses: ["169.254.169.254"] };
    const unready = { ...endpoint, ready: false, addresses: [`10.9.9.${index % 200}`] };
    const meta = { ...slice.meta, name: `${slice.meta.name}-b` };
    return [slice, { ...slice, meta, endpoints: [hostile, unready] }];
  });
  return { ...member, objects: { ...member.objects, endpointSlices } };
}

it.each([
  [true, "92954afef9429ec209e9cfefe95a20cf23c01d470d9c944b97da7a90e320762a"],
  [false, "8ba58a00363f72e5bcd8e25f47de7f6173084777ff11e5ab1a7d6f250ccf0ea0"],
])("compile() gives the recorded bytes, private origins allowed: %s", (allowPrivateOrigins, digest) => {
  const { config, members } = wideWorld(150, 30, 20);
  const clusters = members.map(rough);
  const result = compile({ config, clusters, previous: null, allowPrivateOrigins, nowMs: 0 });
  expect(result.problems.length).toBeGreaterThan(100);
  expect(createHash("sha256").update(canonicalJson(result)).digest("hex")).toBe(digest);
});
