/** The admin listener on Node. */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type AdminDeps, adminApi } from "../src/api/admin.ts";

export interface RunningAdmin {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens and resolves when it does; rejects when the port cannot be had. */
export async function startAdmin(
  listen: { readonly host: string; readonly port: number },
  deps: AdminDeps,
): Promise<RunningAdmin> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  const server = serve({ fetch: adminApi(deps).fetch, hostname: listen.host, port: listen.port }, resolve);
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
