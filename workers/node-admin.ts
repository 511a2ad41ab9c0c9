/** Listeners of APIs on Node: admin, store. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { type AdminDeps, adminApi } from "../src/api/admin.ts";
import { type AgentApiOptions, agentApi } from "../src/api/agent-api.ts";
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

/** Where agents send what they see; over TLS where a certificate is given. */
export async function startAgentApi(
  listen: Listen,
  tls: { readonly cert: string; readonly key: string } | null,
  options: AgentApiOptions,
): Promise<RunningApi> {
  return await startApi(listen, agentApi(options), tls);
}

/** A store over HTTP. */
export async function startStoreApi(listen: Listen, options: StoreApiOptions): Promise<RunningApi> {
  return await startApi(listen, storeApi(options));
}

/** Listens and resolves when it does; rejects when the port cannot be had. */
export async function startApi(
  listen: Listen,
  api: { readonly fetch: (request: Request) => Response | Promise<Response> },
  tls: { readonly cert: string; readonly key: string } | null = null,
): Promise<RunningApi> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  const secure = tls === null ? {} : { createServer, serverOptions: tls };
  const server = serve({ fetch: api.fetch, hostname: listen.host, port: listen.port, ...secure }, resolve);
  // Longer than clients keep theirs: a connection is closed by whoever uses it, not while a request is on its way.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 75_000;
  server.once("error", reject);
  const { address, port } = await promise;
  return {
    url: `http${tls === null ? "" : "s"}://${address.includes(":") ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
