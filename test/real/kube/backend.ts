import type { RealCluster } from "./cluster.ts";
import { type RunningProcess, start } from "./process.ts";

const PORT = 9090;
const PROGRAM = `
  const [zone, ...addresses] = process.argv.slice(1);
  for (const address of addresses) {
    require("node:http")
      .createServer((_request, response) => response.end(JSON.stringify({ hostname: address, zone })))
      .listen(${PORT}, address, () => console.log(address));
  }`;

/** Backends on all data addresses of a cluster, inside its network namespace, as `k8shserver` answers. */
export function startBackends(cluster: RealCluster): Promise<RunningProcess> {
  const args = ["-e", PROGRAM, "--", cluster.name, ...cluster.data.addresses];
  return start(...cluster.network.inside(process.execPath, args));
}

/** Service, Ingress and the EndpointSlice of the given addresses, all called `name`. */
export function manifests(name: string, addresses: readonly string[], namespace = "default"): readonly object[] {
  const metadata = { name, namespace };
  const backend = { service: { name, port: { number: 80 } } };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80, targetPort: PORT }] } },
    endpointSlice(name, addresses, namespace),
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: {
        ingressClassName: "portolan",
        rules: [{ host: `${name}.example.org`, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
      },
    },
  ];
}

/** The slice of `manifests` alone. */
export function endpointSlice(name: string, addresses: readonly string[], namespace = "default"): object {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ port: PORT, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

/** The class by which an Ingress in a member cluster is ours. */
export const INGRESS_CLASS: object = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "portolan" },
  spec: { controller: "portolan.dev/edge" },
};

const COLLECTIONS: Readonly<Record<string, string>> = {
  Service: "/api/v1/namespaces/NS/services",
  EndpointSlice: "/apis/discovery.k8s.io/v1/namespaces/NS/endpointslices",
  Ingress: "/apis/networking.k8s.io/v1/namespaces/NS/ingresses",
  IngressClass: "/apis/networking.k8s.io/v1/ingressclasses",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  Namespace: "/api/v1/namespaces",
};

/** Where the collection of an object's kind is. */
export function collectionOf(kind: string, namespace = "default"): string {
  const path = COLLECTIONS[kind];
  if (path === undefined) throw new RangeError(`Cannot find the collection of ${kind}`);
  return path.replace("NS", namespace);
}

/** Creates objects; fails with the server's answer. A server that has just started is asked again for a while. */
export async function create(cluster: RealCluster, objects: readonly object[]): Promise<void> {
  for (const object of objects) {
    const { kind, metadata } = object as { kind: string; metadata: { namespace?: string } };
    const path = collectionOf(kind, metadata.namespace);
    const untilMs = Date.now() + 20_000;
    for (;;) {
      const result = await cluster.client.create(path, object as Record<string, unknown>);
      if (result.ok) break;
      if (result.status !== 500 || Date.now() > untilMs)
        throw new Error(`Cannot create ${kind}: ${JSON.stringify(result)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
