import { type ApiObject, apiResources, isMapping } from "./api-resources.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";
import { startBackends } from "./backends.ts";
import { keepEndpointSlices } from "./endpoint-slices.ts";
import type { SimClusterAddresses, SimClusterOptions, Trouble } from "./messages.ts";
import { type ObjectStore, objectStore } from "./object-store.ts";

/** A pretended cluster that runs in this process. */
export interface SimCluster {
  readonly addresses: SimClusterAddresses;
  readonly store: ObjectStore;
  readonly api: ApiServer;
  /** What its backends do from now on. */
  setTrouble(trouble: Trouble): void;
  close(): Promise<void>;
}

/** Starts backends, objects and API server; rejects when a port is taken or a manifest has no name. */
export async function startSimCluster(options: SimClusterOptions): Promise<SimCluster> {
  const { name, zone, backendPorts, apiPort, bookmarkIntervalMs } = options;
  const store = objectStore();
  for (const manifest of options.manifests) load(store, manifest);
  const backends = await startBackends({
    cluster: name,
    zone,
    count: options.backends,
    ...(backendPorts === undefined ? {} : { ports: backendPorts }),
  });
  const stopSlices = keepEndpointSlices(store, { cluster: name, zone, ports: backends.ports });
  const api = await startApiServer(store, {
    ...(apiPort === undefined ? {} : { port: apiPort }),
    ...(bookmarkIntervalMs === undefined ? {} : { bookmarkIntervalMs }),
  });
  return {
    addresses: { apiUrl: api.url, apiPort: api.port, backendPorts: backends.ports },
    store,
    api,
    setTrouble: backends.setTrouble,
    async close() {
      stopSlices();
      await Promise.all([api.close(), backends.close()]);
    },
  };
}

function load(store: ObjectStore, manifest: unknown): void {
  if (!isMapping(manifest)) throw new TypeError("Cannot load a manifest: it is not a mapping");
  const resource = apiResources.find(({ kind }) => kind === manifest["kind"]);
  if (resource === undefined) return;
  const metadata = manifest["metadata"];
  if (!isMapping(metadata) || typeof metadata["name"] !== "string") {
    throw new TypeError(`Cannot load a manifest of kind ${resource.kind}: it has no name`);
  }
  const result = store.create(resource, manifest as ApiObject);
  if (!result.ok) throw new RangeError(`Cannot load ${resource.kind} ${metadata["name"]}: ${result.reason}`);
}
