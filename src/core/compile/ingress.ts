/** Ingress objects → declarations: whose they are (DESIGN.md "Whose Ingress"), and what each path says. */
import type { IngressObject, IngressPath, Observation, Problem, ServicePortRef } from "../objects.ts";
import { nameProblem } from "../request/host.ts";
import { canonicalRulePath } from "../request/rule-path.ts";
import { adoptedKey, ruleHost } from "./adopted.ts";
import type { Declaration, Declared } from "./declaration.ts";
import { problemOf } from "./problem.ts";
import { readRouteAnnotations } from "./route-annotations.ts";

/** `spec.controller` of the IngressClasses that are ours. */
export const CONTROLLER = "portolan.dev/edge";
/** On an Ingress of another class: route its hosts to wherever its own controller serves it. */
export const ADOPT_ANNOTATION = "portolan.dev/adopt";

export type Ownership = "federated" | "direct" | "adopted" | "foreign";

/** As much of a source as says whose its Ingresses are. */
export interface OwnershipSource extends Pick<Observation, "cluster" | "claimClassless"> {
  readonly objects: Pick<Observation["objects"], "ingressClasses">;
}

/** Whose an Ingress is, seen from the source that holds it. */
export function ownershipOf(ingress: IngressObject, observation: OwnershipSource): Ownership {
  if (observation.cluster === null) return "federated";
  const { className } = ingress;
  const classes = observation.objects.ingressClasses;
  const ours =
    className === null
      ? observation.claimClassless
      : classes.some((one) => one.meta.name === className && one.controller === CONTROLLER);
  if (ours) return "direct";
  return ingress.meta.annotations[ADOPT_ANNOTATION] === "true" ? "adopted" : "foreign";
}

/** All paths of an Ingress that is ours to route. */
export function declareIngress(
  ingress: IngressObject,
  ownership: Exclude<Ownership, "foreign">,
  cluster: string | null,
): Declared {
  const declarations: Declaration[] = [];
  const problems: Problem[] = [];
  const { namespace, name } = ingress.meta;
  const { asks } = readRouteAnnotations(ingress.meta.annotations, ingress.tls.length > 0);
  const declare = (host: string, path: Declaration["path"], pathType: string | null, backend: ServicePortRef) => {
    const own = `${namespace}/${backend.service}/${backend.port}`;
    declarations.push({
      kind: "ingress",
      host,
      meta: ingress.meta,
      source: { cluster, kind: "Ingress", namespace, name },
      cluster,
      path,
      pathType,
      method: null,
      headers: [],
      query: [],
      asks,
      backends: [{ service: ownership === "adopted" ? adoptedKey(ingress, host) : own, weight: 1 }],
    });
  };
  const hosts = new Set<string>();
  for (const [index, rule] of ingress.rules.entries()) {
    const host = ruleHost(rule.host);
    const problem = host === "*" ? null : nameProblem(host.startsWith("*.") ? host.slice(2) : host);
    if (problem !== null) {
      const message = `Cannot use the host "${rule.host}": ${problem}`;
      problems.push(problemOf("error", "InvalidHost", cluster, ingress.meta, `spec.rules[${index}].host`, message));
      continue;
    }
    hosts.add(host);
    for (const [at, path] of rule.paths.entries()) {
      const value = pathValue(path);
      const field = `spec.rules[${index}].http.paths[${at}].path`;
      if (path.pathType === "ImplementationSpecific" && looksLikePattern(path.path)) {
        const message = `Cannot read the path "${path.path}" as a pattern: ImplementationSpecific is a plain prefix here, so each of its characters stands for itself`;
        problems.push(problemOf("warning", "LiteralPath", cluster, ingress.meta, field, message));
      }
      if (value.ok) declare(host, value.path, path.pathType, path.backend);
      else {
        const message = `Cannot use the path "${path.path}": ${value.reason}`;
        problems.push(problemOf("error", "InvalidPath", cluster, ingress.meta, field, message));
      }
    }
  }
  const { defaultBackend } = ingress;
  if (defaultBackend === null) return { declarations, problems };
  // It takes the unmatched paths of the object's own hosts, and every host that nobody has rules for.
  for (const host of hosts.add("*")) declare(host, { type: "Prefix", value: "/" }, null, defaultBackend);
  return { declarations, problems };
}

/** What other controllers read as a glob or a regular expression: `/*`, `/api(/|$)(.*)`. */
function looksLikePattern(path: string): boolean {
  return /[*()[\]{}^$|+]/.test(path);
}

function pathValue(
  path: IngressPath,
): { readonly ok: true; readonly path: Declaration["path"] } | { readonly ok: false; readonly reason: string } {
  // Kubernetes lets ImplementationSpecific leave the path out; then it is the root.
  const target = canonicalRulePath(path.path === "" ? "/" : path.path);
  if (!target.ok) return target;
  return { ok: true, path: { type: path.pathType === "Exact" ? "Exact" : "Prefix", value: target.path } };
}
