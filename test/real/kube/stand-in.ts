/** What a kubelet would do in clusters that have none: a node, and a Pod of the demo's Deployment that runs and is ready. */
import { join } from "node:path";
import type { RealClusters } from "./clusters.ts";

const SERVER = join(import.meta.dirname, "../../../examples/k8shserver/k8shserver.mjs");

/** A node whose labels and providerID say where the cluster is. */
export async function makeNode(world: RealClusters, name: string): Promise<void> {
  const labels = { "topology.kubernetes.io/region": name, "topology.kubernetes.io/zone": `${name}-b` };
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1", labels },
    spec: { providerID: `gce://p/${name}-b/node-1` },
  };
  await world.kubectl(name, ["create", "-f", "-"], JSON.stringify(node));
}

/** Makes the Pod; returns the command that serves at its address. */
export async function makePod(
  world: RealClusters,
  name: string,
): Promise<readonly [command: string, args: string[], env: NodeJS.ProcessEnv]> {
  const cluster = world.cluster(name);
  const [address = ""] = cluster.data.addresses;
  const pod = `k8shserver-${name}`;
  const containers = [{ name: "k8shserver", image: "k8shserver", ports: [{ containerPort: 9090 }] }];
  const made = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: pod, labels: { app: "k8shserver" } },
    spec: { nodeName: "node-1", containers },
  };
  await world.kubectl(name, ["apply", "-f", "-"], JSON.stringify(made));
  const ready = [{ type: "Ready", status: "True" }];
  const status = { phase: "Running", podIP: address, podIPs: [{ ip: address }], conditions: ready };
  const patch = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
  await world.kubectl(name, ["patch", "pod", pod, ...patch]);
  const env = { ZONE: name, HOST: address, PORT: "9090", POD_NAME: pod };
  return [...cluster.network.inside(process.execPath, [SERVER]), env];
}
