import { apiResources, type ApiResource } from "../../src/cli/sim/api-resources.ts";
import { type ApiServer, startApiServer } from "../../src/cli/sim/api-server.ts";
import { objectStore } from "../../src/cli/sim/object-store.ts";
import type { ChangeableApi } from "../conformance/kube-reader.ts";

/** The API server of `portolan sim`, as the suite wants it. */
export async function startSimApi(): Promise<ChangeableApi> {
  let store = objectStore({ firstVersion: 1000 });
  let server: ApiServer = await startApiServer(store);
  const { port, url } = server;
  const services = apiResources.find(({ plural }) => plural === "services") as ApiResource;
  const service = (name: string, port: number) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ port }] },
  });
  return {
    access: { server: url },
    create: async (name, port) => void store.create(services, service(name, port)),
    change: async (name, port) => void store.update(services, service(name, port)),
    remove: async (name) => void store.delete(services, "default", name),
    async expire() {
      // A change that the cut watches miss, forgotten before they are back.
      store.create(services, service("short", 80));
      server.cut();
      store.delete(services, "default", "short");
      store.compact();
    },
    stop: () => server.close(),
    async start(content) {
      if (content === "empty") store = objectStore({ firstVersion: 1 });
      server = await startApiServer(store, { port });
    },
    partition: async (on) => server.partition(on),
    close: () => server.close(),
  };
}
