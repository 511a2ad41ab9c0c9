/** What `portolan join` makes in a member cluster, and nothing else. */

export interface JoinObject {
  /** Path of the object in the API. */
  readonly path: string;
  readonly object: Readonly<Record<string, unknown>>;
}

export const NAMESPACE = "portolan-system";
export const SERVICE_ACCOUNT = "portolan";
export const SERVICE_ACCOUNT_PATH: string = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${SERVICE_ACCOUNT}`;
export const MANAGED_BY = "app.kubernetes.io/managed-by";
export const MANAGER = "portolan";
/** On what join made: the Cluster that it was made for. */
export const CLUSTER_ANNOTATION = "portolan.dev/cluster";

export const RBAC_GROUP = "rbac.authorization.k8s.io";
export const RBAC: string = `/apis/${RBAC_GROUP}/v1`;
const READ = ["get", "list", "watch"];

/** What the reader needs, and no Secret: those that are named in `spec.tls` may be added one by one (`tls-roles.ts`). */
export const READER_RULES: readonly object[] = [
  { apiGroups: [""], resources: ["services", "namespaces", "nodes"], verbs: READ },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: READ },
  { apiGroups: ["multicluster.x-k8s.io"], resources: ["serviceexports"], verbs: READ },
];

/** What writing back needs besides. */
export const WRITER_RULES: readonly object[] = [
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["get", "patch"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];

/** Says whose it is, so that nobody else's object of that name is ever changed or removed. */
export function ownMetadata(
  name: string,
  cluster: string,
): { readonly name: string; readonly labels: object; readonly annotations: object } {
  return { name, labels: { [MANAGED_BY]: MANAGER }, annotations: { [CLUSTER_ANNOTATION]: cluster } };
}

/** In the order in which they are made; they are removed in the opposite one. */
export function joinObjects(cluster: string, writeBack: boolean): readonly JoinObject[] {
  const named = (name: string) => ownMetadata(name, cluster);
  const own = (name: string) => ({ ...named(name), namespace: NAMESPACE });
  const subjects = [{ kind: "ServiceAccount", name: SERVICE_ACCOUNT, namespace: NAMESPACE }];
  const clusterRole = (name: string, rules: readonly object[]): readonly JoinObject[] => [
    {
      path: `${RBAC}/clusterroles/${name}`,
      object: { apiVersion: `${RBAC_GROUP}/v1`, kind: "ClusterRole", metadata: named(name), rules },
    },
    {
      path: `${RBAC}/clusterrolebindings/${name}`,
      object: {
        apiVersion: `${RBAC_GROUP}/v1`,
        kind: "ClusterRoleBinding",
        metadata: named(name),
        roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name },
        subjects,
      },
    },
  ];
  return [
    {
      path: `/api/v1/namespaces/${NAMESPACE}`,
      object: { apiVersion: "v1", kind: "Namespace", metadata: named(NAMESPACE) },
    },
    {
      path: SERVICE_ACCOUNT_PATH,
      object: {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: own(SERVICE_ACCOUNT),
        // Its tokens go to a machine outside; no pod needs one.
        automountServiceAccountToken: false,
      },
    },
    ...clusterRole("portolan-reader", READER_RULES),
    ...(writeBack ? clusterRole("portolan-writer", WRITER_RULES) : []),
    {
      path: `${RBAC}/namespaces/${NAMESPACE}/roles/portolan-token`,
      object: {
        apiVersion: `${RBAC_GROUP}/v1`,
        kind: "Role",
        metadata: own("portolan-token"),
        rules: [
          {
            apiGroups: [""],
            resources: ["serviceaccounts/token"],
            resourceNames: [SERVICE_ACCOUNT],
            verbs: ["create"],
          },
        ],
      },
    },
    {
      path: `${RBAC}/namespaces/${NAMESPACE}/rolebindings/portolan-token`,
      object: {
        apiVersion: `${RBAC_GROUP}/v1`,
        kind: "RoleBinding",
        metadata: own("portolan-token"),
        roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name: "portolan-token" },
        subjects,
      },
    },
  ];
}
