/** What `portolan join --tls-secrets` makes besides: in each namespace the right to get the Secrets that are named there. */
import { compareText } from "../match-route.ts";
import { type JoinObject, NAMESPACE, ownMetadata, RBAC, RBAC_GROUP, SERVICE_ACCOUNT } from "./objects.ts";

export const TLS_ROLE = "portolan-tls";

/** Names of Secrets by namespace, sorted. */
export type NamedSecrets = ReadonlyMap<string, readonly string[]>;

/** A Role and its binding for each namespace: `get`, by name, and nothing else; in the order in which they are made. */
export function tlsRoles(cluster: string, secrets: NamedSecrets): readonly JoinObject[] {
  const sorted = [...secrets].sort(([a], [b]) => compareText(a, b));
  return sorted.flatMap(([namespace, resourceNames]): readonly JoinObject[] => {
    const metadata = { ...ownMetadata(TLS_ROLE, cluster), namespace };
    const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames, verbs: ["get"] }];
    return [
      {
        path: tlsRolePath("roles", namespace),
        object: { apiVersion: `${RBAC_GROUP}/v1`, kind: "Role", metadata, rules },
      },
      {
        path: tlsRolePath("rolebindings", namespace),
        object: {
          apiVersion: `${RBAC_GROUP}/v1`,
          kind: "RoleBinding",
          metadata,
          roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name: TLS_ROLE },
          subjects: [{ kind: "ServiceAccount", name: SERVICE_ACCOUNT, namespace: NAMESPACE }],
        },
      },
    ];
  });
}

function tlsRolePath(kind: "roles" | "rolebindings", namespace: string): string {
  return `${RBAC}/namespaces/${namespace}/${kind}/${TLS_ROLE}`;
}
