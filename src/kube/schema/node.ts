import * as z from "zod";
import type { LoadBalancerAddress, NodeObject } from "../../core/objects.ts";
import { fields, perMode } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { envelope } from "./meta.ts";
import { dnsName } from "./names.ts";

/** Versions of Node. */
export const nodeVersions: readonly string[] = ["v1"];

/** Nodes with it take no traffic from outside (kubernetes.io: well-known labels). */
const EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Reads of a Node where it can be reached from outside. A machine wrote it, so that nothing else of it is judged. */
export function readNode(value: unknown): Parsed<NodeObject> {
  return parse(schema(false), value);
}

const schema = perMode(() => {
  const address = fields(false, { type: z.string(), address: z.string() });
  const condition = fields(false, { type: z.string(), status: z.string() });
  const status = fields(false, {
    addresses: z.array(address).nullish(),
    conditions: z.array(condition).nullish(),
  });
  const spec = fields(false, { providerID: z.string().nullish() }).nullish();
  return envelope(false, spec, { namespaced: false, name: dnsName, status }).transform(
    ({ meta, spec: read, status: said }): NodeObject => ({
      // Annotations of a Node are its agents' notes to themselves, and long.
      meta: { ...meta, annotations: {} },
      providerId: read?.providerID ?? null,
      isReady:
        meta.labels[EXCLUDED] === undefined &&
        (said?.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True"),
      external: (said?.addresses ?? []).flatMap((one): LoadBalancerAddress[] => {
        if (one.type === "ExternalIP") return [{ ip: one.address, hostname: null }];
        return one.type === "ExternalDNS" ? [{ ip: null, hostname: one.address }] : [];
      }),
    }),
  );
});
