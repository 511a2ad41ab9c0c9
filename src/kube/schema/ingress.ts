import * as z from "zod";
import type { IngressObject, IngressPath, ServicePortRef } from "../../core/objects.ts";
import { rulePathProblem } from "../../core/request/rule-path.ts";
import { isRecord } from "../plain.ts";
import { always, fields, perMode, shown, text, type Report } from "./fields.ts";
import { backendBeta, backendV1 } from "./ingress-backend.ts";
import { type Parsed, parse } from "./issues.ts";
import { loadBalancerStatus } from "./load-balancer.ts";
import { envelope } from "./meta.ts";
import { dnsName, ingressHost, ingressPath } from "./names.ts";

/** Versions of Ingress, newest first. The betas name backends differently and leave `pathType` to the controller. */
export const ingressVersions: readonly string[] = [
  "networking.k8s.io/v1",
  "networking.k8s.io/v1beta1",
  "extensions/v1beta1",
];

/** Reads an Ingress of any version. */
export function readIngress(value: unknown, strict: boolean): Parsed<IngressObject> {
  const isV1 = isRecord(value) && value["apiVersion"] === ingressVersions[0];
  return parse(isV1 ? v1(strict) : beta(strict), value);
}

const pathTypes = ["Exact", "Prefix", "ImplementationSpecific"] as const;

const v1 = perMode((strict) => {
  const backend = backendV1(strict);
  const shape = { defaultBackend: backend.nullish(), ...commonSpec(strict, backend, z.enum(pathTypes)) };
  const spec = fields(strict, shape, "", { backend: '"defaultBackend"' })
    .check(always((value, report) => requireRules(value, "defaultBackend", report)))
    .transform(({ defaultBackend, ...rest }) => ({ ...rest, defaultBackend: defaultBackend ?? null }));
  return ingress(strict, spec);
});

const beta = perMode((strict) => {
  const backend = backendBeta(strict);
  const shape = { backend: backend.nullish(), ...commonSpec(strict, backend, z.enum(pathTypes).nullish()) };
  const spec = fields(strict, shape, "", { defaultBackend: '"backend", or apiVersion networking.k8s.io/v1' })
    .check(always((value, report) => requireRules(value, "backend", report)))
    .transform(({ backend, ...rest }) => ({ ...rest, defaultBackend: backend ?? null }));
  return ingress(strict, spec);
});

interface PlainSpec {
  readonly ingressClassName?: string | null | undefined;
  readonly defaultBackend: ServicePortRef | null;
  readonly rules?: readonly PlainRule[] | null | undefined;
  readonly tls?:
    | readonly { hosts?: string[] | null | undefined; secretName?: string | null | undefined }[]
    | null
    | undefined;
}
interface PlainRule {
  readonly host?: string | null | undefined;
  readonly http?: { readonly paths: readonly IngressPath[] } | null | undefined;
}

function commonSpec(
  strict: boolean,
  backend: z.ZodType<ServicePortRef>,
  pathType: z.ZodType<IngressPath["pathType"] | null | undefined>,
) {
  const path = fields(strict, { path: z.string().nullish(), pathType, backend })
    .check(always(judgePath))
    .transform(
      (item): IngressPath => ({
        path: item.path ?? "",
        pathType: item.pathType ?? "ImplementationSpecific",
        backend: item.backend,
      }),
    );
  const http = fields(strict, { paths: z.array(path).min(1) });
  const rule = fields(strict, { host: hostOrNothing(), http: http.nullish() });
  const tls = fields(strict, { hosts: z.array(text(ingressHost)).nullish(), secretName: text(dnsName).nullish() });
  return {
    ingressClassName: text(dnsName).nullish(),
    rules: z.array(rule).nullish(),
    tls: z.array(tls).nullish(),
  };
}

function hostOrNothing(): z.ZodType<string | null | undefined> {
  return text((host) => (host === "" ? null : ingressHost(host))).nullish();
}

function judgePath(value: unknown, report: Report): void {
  if (!isRecord(value)) return;
  const path = value["path"] ?? "";
  if (typeof path !== "string") return;
  const isMatched = value["pathType"] === "Exact" || value["pathType"] === "Prefix";
  if (path === "" && isMatched) report('is missing; it must start with "/"', ["path"], { reason: "MissingField" });
  if (path === "") return;
  // Kubernetes asks nothing more of the other paths, which are the controller's own affair.
  const wrong = (isMatched || !path.startsWith("/") ? ingressPath(path) : null) ?? rulePathProblem(path);
  if (wrong !== null) report(`is ${shown(path)}; ${wrong}`, ["path"]);
}

function requireRules(value: unknown, backend: string, report: Report): void {
  if (!isRecord(value)) return;
  const noRules = !Array.isArray(value["rules"]) || value["rules"].length === 0;
  if (noRules && (value[backend] ?? null) === null) report(`has neither rules nor ${backend}; give at least one`);
}

function ingress(strict: boolean, spec: z.ZodType<PlainSpec>): z.ZodType<IngressObject> {
  return envelope(strict, spec, { namespaced: true, name: dnsName, status: loadBalancerStatus(strict) }).transform(
    ({ meta, spec, status }): IngressObject => ({
      meta,
      className: spec.ingressClassName ?? meta.annotations["kubernetes.io/ingress.class"] ?? null,
      defaultBackend: spec.defaultBackend,
      rules: (spec.rules ?? []).map((rule) => ({ host: rule.host ?? "", paths: rule.http?.paths ?? [] })),
      tls: (spec.tls ?? []).map((tls) => ({ hosts: tls.hosts ?? [], secretName: tls.secretName ?? null })),
      loadBalancer: status?.addresses ?? [],
    }),
  );
}
