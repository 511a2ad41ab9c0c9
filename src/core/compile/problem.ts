import type { ObjectMeta, Problem } from "../objects.ts";

/** `Ingress default/web`, as problems and events name objects. */
export function objectName(meta: ObjectMeta): string {
  return meta.namespace === "" ? `${meta.kind} ${meta.name}` : `${meta.kind} ${meta.namespace}/${meta.name}`;
}

/** A problem of an object as a whole or of one of its fields. */
export function problemOf(
  severity: Problem["severity"],
  reason: string,
  cluster: string | null,
  meta: ObjectMeta,
  field: string,
  message: string,
): Problem {
  return { severity, reason, cluster, object: objectName(meta), field, message, position: meta.position };
}
