/** Listeners of APIs on Node: admin, store. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type AdminDeps, adminApi } from "../src/api/admin.ts";
import { type StoreApiOptions, storeApi } from "../src/api/store-api.ts";

export interface RunningApi {
  readonly url: string;
  close(): Promise<void>;
}

interface Listen {
  readonly host: string;
  readonly port: number;
}

/** The admin API. */
export async function startAdmin(listen: Listen, deps: AdminDeps): Promise<RunningApi> {
  return await startApi(listen, adminApi(deps));
}

/** A store over HTTP. */
export async function startStoreApi(listen: Listen, options: StoreApiOptions): Promise<RunningApi> {
  return await startApi(listen, storeApi(options));
}

/** Listens and resolves when it does; rejects when the port cannot be had. */
async function startApi(
  listen: Listen,
  api: { readonly fetch: (request: Request) => Response | Promise<Response> },
): Promise<RunningApi> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  const server = serve({ fetch: api.fetch, hostname: listen.host, port: listen.port }, resolve);
  server.once("error", reject);
  const { address, port } = await promise;
  return {
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
