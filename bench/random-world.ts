/** Worlds of any size for the benches, the same for the same seed. */
import { compile } from "../src/core/compile/compile.ts";
import type { Snapshot } from "../src/core/model.ts";
import { cluster, ingress, observation, rule, service } from "../test/build/objects.ts";

/** Whole numbers from 0 to below `below`. */
export type Random = (below: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

/** Hosts `h0.example.org`… with two rules each, served by all of the clusters `cluster-0`…, which lie anywhere. */
export function randomSnapshot(hosts: number, clusters: number, random: Random): Snapshot {
  const names = Array.from({ length: clusters }, (_, index) => `cluster-${index}`);
  const objects = names.map((name) =>
    cluster(name, { location: { latitude: random(140) - 70, longitude: random(360) - 180 } }),
  );
  const ingresses = Array.from({ length: hosts }, (_, index) =>
    ingress(`i${index}`, {
      rules: [rule(`h${index}.example.org`, "/", "shop"), rule(`h${index}.example.org`, "/api", "shop")],
    }),
  );
  const config = observation(null, { clusters: objects, ingresses });
  const members = names.map((name) => observation(name, { services: [service("shop")] }));
  return compile({ config, clusters: members, previous: null, allowPrivateOrigins: false, nowMs: 0 }).snapshot;
}
