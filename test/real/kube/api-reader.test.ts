/** The suite of API readers on real API servers: what the pretended one shows has to be what a real one does. */
import { afterAll, beforeAll, describe } from "vitest";
import { type ChangeableApi, kubeReaderSuite } from "../../conformance/kube-reader.ts";
import type { RealCluster } from "./cluster.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";

const reason = await whyNoClusters();
const SERVICES = "/api/v1/namespaces/default/services";

describe.skipIf(reason !== null)("a real cluster", () => {
  let real: RealClusters;
  beforeAll(async () => {
    real = await startClusters(["fra"]);
  }, 120_000);
  afterAll(() => real.close());

  kubeReaderSuite("kube-apiserver and etcd", () => Promise.resolve(changeable(real.cluster("fra"))));
});

/** One cluster for all tests: each leaves it as it found it. */
function changeable(cluster: RealCluster): ChangeableApi {
  const { client } = cluster;
  const sure = <T extends { ok: boolean }>(result: T): T => {
    if (!result.ok) throw new Error(`Cannot set up the test: ${JSON.stringify(result)}`);
    return result;
  };
  const service = (name: string, port: number) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    // Without an address of its own: a server that has just started has none to give.
    spec: { clusterIP: "None", ports: [{ port }] },
  });
  return {
    access: cluster.access,
    create: async (name, port) => void sure(await client.create(SERVICES, service(name, port))),
    change: async (name, port) => void sure(await client.merge(`${SERVICES}/${name}`, { spec: { ports: [{ port }] } })),
    remove: async (name) => void sure(await client.delete(`${SERVICES}/${name}`)),
    async expire() {
      sure(await client.create(SERVICES, service("short", 80)));
      await cluster.killApi();
      await cluster.compact();
      await cluster.startApi();
      sure(await client.delete(`${SERVICES}/short`));
    },
    stop: cluster.killApi,
    async start(content) {
      if (content === "empty") await cluster.wipe();
      await cluster.startApi();
    },
    partition: (on) => cluster.api.blackhole(on),
    async close() {
      const list = sure(await client.list(SERVICES));
      for (const { metadata } of list.ok ? list.items : []) {
        await client.delete(`${SERVICES}/${(metadata as { name: string }).name}`);
      }
    },
  };
}
