/** One client for each cluster's API, with the credentials of now. */
import type { ApiAccess } from "../src/kube/access/access.ts";
import { type ApiClient, apiClient } from "../src/kube/api-client.ts";

export interface ApiClients {
  /** Null for the config cluster; null when there is no way to its API. */
  of(cluster: string | null): ApiClient | null;
  close(): Promise<void>;
}

/** Opens none before it is asked for. */
export function apiClients(accessOf: (cluster: string | null) => ApiAccess | null): ApiClients {
  const clients = new Map<string | null, { readonly access: ApiAccess; readonly client: ApiClient }>();
  return {
    of(cluster) {
      const access = accessOf(cluster);
      if (access === null) return null;
      const known = clients.get(cluster);
      if (known !== undefined && known.access.server === access.server) return known.client;
      void known?.client.close();
      const client = apiClient(access);
      clients.set(cluster, { access, client });
      return client;
    },
    async close() {
      await Promise.all([...clients.values()].map(({ client }) => client.close()));
    },
  };
}
