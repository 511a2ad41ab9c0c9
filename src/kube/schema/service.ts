import * as z from "zod";
import type { ServiceObject } from "../../core/objects.ts";
import { isRecord } from "../plain.ts";
import { always, fields, integer, perMode, portNumber, text } from "./fields.ts";
import { type Parsed, parse } from "./issues.ts";
import { loadBalancerStatus } from "./load-balancer.ts";
import { envelope } from "./meta.ts";
import { dnsLabel, serviceName, servicePortName } from "./names.ts";
import { portOrName } from "./port.ts";

/** Versions of Service. */
export const serviceVersions: readonly string[] = ["v1"];

/** Reads a Service. */
export function readService(value: unknown, strict: boolean): Parsed<ServiceObject> {
  return parse(schema(strict), value);
}

const otherSpecFields =
  "selector clusterIPs externalIPs sessionAffinity sessionAffinityConfig loadBalancerIP " +
  "loadBalancerSourceRanges loadBalancerClass allocateLoadBalancerNodePorts externalName " +
  "internalTrafficPolicy trafficDistribution healthCheckNodePort publishNotReadyAddresses ipFamilies ipFamilyPolicy " +
  "ipFamily topologyKeys";

const schema = perMode((strict) => {
  const port = fields(strict, {
    name: text((name) => (name === "" ? null : servicePortName(name))).nullish(),
    port: portNumber(),
    targetPort: portOrName(),
    protocol: z.enum(["TCP", "UDP", "SCTP"]).nullish(),
    appProtocol: z.string().nullish(),
    // 0 is what some tools write for "any".
    nodePort: integer(0, 65_535).nullish(),
  }).transform((port) => ({
    name: port.name || null,
    port: port.port,
    targetPort: port.targetPort ?? String(port.port),
    protocol: port.protocol ?? "TCP",
    appProtocol: port.appProtocol ?? null,
    ...(port.nodePort ? { nodePort: port.nodePort } : {}),
  }));
  const type = z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]).nullish();
  const known = {
    type,
    ports: z.array(port).nullish(),
    clusterIP: z.string().nullish(),
    externalTrafficPolicy: z.string().nullish(),
  };
  const spec = fields(strict, known, otherSpecFields).check(
    always((value, report) => {
      if (!isRecord(value)) return;
      const ports: readonly unknown[] = Array.isArray(value["ports"]) ? value["ports"] : [];
      const mayHaveNone = value["type"] === "ExternalName" || value["clusterIP"] === "None";
      if (ports.length === 0 && !mayHaveNone) report("is missing; give at least one port", ["ports"]);
      const nameless = ports.filter((item) => isRecord(item) && !item["name"]);
      if (ports.length > 1 && nameless.length > 0) report("has several ports; give each a name", ["ports"]);
    }),
  );
  // Newer API servers may allow Services that begin with a digit (RelaxedServiceNameValidation).
  const name = strict ? serviceName : dnsLabel;
  return envelope(strict, spec, { namespaced: true, name, status: loadBalancerStatus(strict) }).transform(
    ({ meta, spec, status }): ServiceObject => ({
      meta,
      type: spec.type ?? "ClusterIP",
      headless: spec.clusterIP === "None",
      ...(spec.externalTrafficPolicy === "Local" ? { isLocal: true } : {}),
      ports: spec.ports ?? [],
      loadBalancer: status?.addresses ?? [],
    }),
  );
});
