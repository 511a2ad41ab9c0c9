import * as z from "zod";
import type { HostClaimObject } from "../../core/objects.ts";
import { fields, perMode, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { dnsLabel, dnsName, ingressHost } from "./names.ts";

/** Reads a `portolan.dev/v1alpha1` HostClaim. */
export function readHostClaim(value: unknown, strict: boolean): Parsed<HostClaimObject> {
  return parse(hostClaimSchema(strict), value);
}

export const hostClaimSchema: (strict: boolean) => z.ZodType<HostClaimObject> = perMode((strict) => {
  const spec = fields(strict, {
    hosts: z.array(text(ingressHost)).min(1),
    namespaces: z.array(text(dnsLabel)).min(1),
    clusters: z.array(text(dnsLabel)).nullish(),
  });
  return envelope(strict, spec, { namespaced: false, name: dnsName }).transform(
    ({ meta, spec }): HostClaimObject => ({
      meta,
      hosts: spec.hosts,
      namespaces: spec.namespaces,
      clusters: spec.clusters ?? [],
    }),
  );
});
