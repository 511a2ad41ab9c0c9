import * as z from "zod";
import type { TrafficPolicyObject } from "../../core/objects.ts";
import { DEFAULT_POLICY } from "../../core/steering/policy.ts";
import { fields, number, perMode, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { point } from "./location.ts";
import { envelope } from "./meta.ts";
import { cidr, country, dnsName, ingressHost } from "./names.ts";

/** Reads a `portolan.dev/v1alpha1` TrafficPolicy. */
export function readTrafficPolicy(value: unknown, strict: boolean): Parsed<TrafficPolicyObject> {
  return parse(schema(strict), value);
}

/** DESIGN.md: within max(2 ms, 5 %) clusters count as equally near. */
const defaultTieWindow = { ms: 2, percent: 5 };

const schema = perMode((strict) => {
  const tieWindow = fields(strict, { ms: number(0, 10_000).nullish(), percent: number(0, 100).nullish() });
  const steering = fields(strict, { type: z.enum(["Nearest"]), tieWindow: tieWindow.nullish() });
  const clientLocation = fields(strict, {
    cidr: text(cidr),
    country: text(country).nullish(),
    location: point(strict).nullish(),
  }).transform((entry) => ({ cidr: entry.cidr, country: entry.country ?? null, location: entry.location ?? null }));
  const spec = fields(strict, {
    hosts: z.array(text(ingressHost)).nullish(),
    steering: steering.nullish(),
    clientLocations: z.array(clientLocation).nullish(),
  });
  return envelope(strict, spec, { namespaced: false, name: dnsName }).transform(
    ({ meta, spec }): TrafficPolicyObject => ({
      meta,
      hosts: spec.hosts ?? [],
      steering: {
        ...DEFAULT_POLICY,
        method: { type: "nearest" },
        tieWindow: {
          ms: spec.steering?.tieWindow?.ms ?? defaultTieWindow.ms,
          percent: spec.steering?.tieWindow?.percent ?? defaultTieWindow.percent,
        },
      },
      clientLocations: spec.clientLocations ?? [],
    }),
  );
});
