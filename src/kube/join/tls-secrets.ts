/** Which Secrets control may be allowed to get, and where it is allowed to already. */
import { ownershipOf } from "../../core/compile/ingress.ts";
import { RBAC } from "../../core/join/objects.ts";
import { type NamedSecrets, TLS_ROLE } from "../../core/join/tls-roles.ts";
import type { ApiClient } from "../api-client.ts";
import type { ApiFailure } from "../http.ts";
import { readIngress } from "../schema/ingress.ts";
import { readIngressClass } from "../schema/ingress-class.ts";
import { textAt } from "./facts.ts";

const NETWORKING = "networking.k8s.io/v1";

/** Those that `spec.tls` names in Ingresses that are ours. */
export async function namedSecrets(client: ApiClient, claimClassless: boolean): Promise<NamedSecrets | ApiFailure> {
  const [classes, ingresses] = await Promise.all([
    client.list(`/apis/${NETWORKING}/ingressclasses`),
    client.list(`/apis/${NETWORKING}/ingresses`),
  ]);
  if (!classes.ok) return classes;
  if (!ingresses.ok) return ingresses;
  // The items of a list do not repeat their kind. One that cannot be read is nobody's, as it is for the reader.
  const ingressClasses = classes.items.flatMap(
    (item) => readIngressClass({ ...item, kind: "IngressClass", apiVersion: NETWORKING }, false).value ?? [],
  );
  const source = { cluster: "", claimClassless, objects: { ingressClasses } };
  const found = new Map<string, Set<string>>();
  for (const item of ingresses.items) {
    const ingress = readIngress({ ...item, kind: "Ingress", apiVersion: NETWORKING }, false).value;
    if (ingress === null) continue;
    if (ownershipOf(ingress, source) === "foreign") continue;
    const { namespace } = ingress.meta;
    for (const { secretName } of ingress.tls) {
      if (secretName !== null) found.set(namespace, (found.get(namespace) ?? new Set()).add(secretName));
    }
  }
  return new Map([...found].map(([namespace, names]) => [namespace, [...names].sort()]));
}

/** Namespaces with a Role or a binding of the name that such rights have, sorted. */
export async function tlsNamespaces(client: ApiClient): Promise<readonly string[] | ApiFailure> {
  const namespaces = new Set<string>();
  for (const kind of ["roles", "rolebindings"]) {
    const found = await client.list(`${RBAC}/${kind}`);
    if (!found.ok) return found;
    for (const item of found.items) {
      const namespace = textAt(item, "metadata", "namespace");
      if (textAt(item, "metadata", "name") === TLS_ROLE && namespace !== null) namespaces.add(namespace);
    }
  }
  return [...namespaces].sort();
}
