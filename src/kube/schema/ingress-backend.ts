import * as z from "zod";
import type { ServicePortRef } from "../../core/objects.ts";
import { isRecord } from "../plain.ts";
import { always, fields, portNumber, text, type Report } from "./fields.ts";
import { serviceName, servicePortName } from "./names.ts";
import { portOrName } from "./port.ts";

/** `service: { name, port: { name | number } }` of networking.k8s.io/v1. */
export function backendV1(strict: boolean): z.ZodType<ServicePortRef> {
  const port = fields(strict, { name: text(servicePortName).nullish(), number: portNumber().nullish() }).check(
    always((value, report) => {
      if (!isRecord(value)) return;
      const given = ["name", "number"].filter((name) => isGiven(value[name]));
      if (given.length === 0) report("is empty; give the port's name or its number");
      if (given.length === 2) report("has a name and a number; give one of them");
    }),
  );
  const service = fields(strict, { name: text(serviceName), port });
  const moved = {
    serviceName: '"service.name", or apiVersion networking.k8s.io/v1beta1',
    servicePort: '"service.port.number" or "service.port.name", or apiVersion networking.k8s.io/v1beta1',
  };
  return fields(strict, { service: service.nullish(), resource: z.unknown().optional() }, "", moved)
    .check(always((value, report) => requireService(value, "service", report)))
    .transform((backend) => ({
      service: backend.service?.name ?? "",
      port: String(backend.service?.port.number ?? backend.service?.port.name ?? ""),
    }));
}

/** `serviceName`, `servicePort` of the beta versions. */
export function backendBeta(strict: boolean): z.ZodType<ServicePortRef> {
  const shape = {
    serviceName: text(serviceName).nullish(),
    servicePort: portOrName(),
    resource: z.unknown().optional(),
  };
  const moved = { service: '"serviceName" and "servicePort", or apiVersion networking.k8s.io/v1' };
  return fields(strict, shape, "", moved)
    .check(
      always((value, report) => {
        requireService(value, "serviceName", report);
        if (isRecord(value) && isGiven(value["serviceName"]) && !isGiven(value["servicePort"])) {
          report("is missing; it must be a port's number or name", ["servicePort"], { reason: "MissingField" });
        }
      }),
    )
    .transform((backend) => ({ service: backend.serviceName ?? "", port: backend.servicePort ?? "" }));
}

function requireService(value: unknown, field: string, report: Report): void {
  if (!isRecord(value)) return;
  if (isGiven(value["resource"])) {
    const message = "is a resource backend, which Portolan does not support; use a Service";
    report(message, ["resource"], { reason: "UnsupportedBackend" });
  } else if (!isGiven(value[field])) {
    report("is missing; name a Service", [field], { reason: "MissingField" });
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
