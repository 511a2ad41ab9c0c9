import * as z from "zod";
import type { EndpointSliceObject } from "../../core/objects.ts";
import { fields, integer, perMode, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { metadata, metaOf } from "./meta.ts";
import { dnsName, notEmpty } from "./names.ts";

/** Versions of EndpointSlice; v1beta1 has the zone in `topology`. */
export const endpointSliceVersions: readonly string[] = ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"];

/** Reads an EndpointSlice. Its addresses are taken as text: which of them may be reached is for the caller to judge. */
export function readEndpointSlice(value: unknown, strict: boolean): Parsed<EndpointSliceObject> {
  return parse(schema(strict), value);
}

const zoneLabel = "topology.kubernetes.io/zone";

const schema = perMode((strict) => {
  const conditions = fields(strict, { ready: z.boolean().nullish() }, "serving terminating");
  const endpoint = fields(
    strict,
    {
      addresses: z.array(text(notEmpty)).min(1).max(100),
      conditions: conditions.nullish(),
      zone: z.string().nullish(),
      topology: z.record(z.string(), z.string()).nullish(),
      hostname: z.string().nullish(),
      nodeName: z.string().nullish(),
    },
    "targetRef hints deprecatedTopology",
  ).transform((endpoint) => ({
    addresses: endpoint.addresses,
    ready: endpoint.conditions?.ready ?? true,
    zone: endpoint.zone ?? endpoint.topology?.[zoneLabel] ?? null,
    hostname: endpoint.hostname || null,
    ...(endpoint.nodeName ? { node: endpoint.nodeName } : {}),
  }));
  // 0 is what an API server makes of a port that cannot be known; it is kept and never chosen.
  const port = fields(
    strict,
    { name: z.string().nullish(), port: integer(0, 65535).nullish() },
    "protocol appProtocol",
  );
  return fields(strict, {
    apiVersion: z.string(),
    kind: z.string(),
    metadata: metadata(strict, dnsName),
    addressType: z.enum(["IPv4", "IPv6", "FQDN"]),
    endpoints: z.array(endpoint).nullish(),
    ports: z.array(port).nullish(),
  }).transform(
    (slice): EndpointSliceObject => ({
      meta: metaOf(slice.kind, slice.apiVersion, slice.metadata, true),
      service: slice.metadata.labels?.["kubernetes.io/service-name"] ?? null,
      ports: (slice.ports ?? []).map(({ name, port }) => ({ name: name || null, port: port ?? null })),
      endpoints: slice.endpoints ?? [],
    }),
  );
});
