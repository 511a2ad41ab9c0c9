/** The connections to one API: TLS with its own authority, by way of a proxy where one is named. */
import { createSecureContext, type SecureContext } from "node:tls";
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from "undici";
import { causeOf } from "../../core/cause.ts";
import type { ApiAccess } from "./access.ts";
import type { Credential } from "./credential.ts";

const CONNECT_TIMEOUT_MS = 5_000;

export interface ApiDispatcher {
  /** Connections that show the certificate of this credential; rejects when TLS cannot be had with it. */
  of(credential: Credential): Promise<Dispatcher>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Connections are shared until the authority or the client certificate changes; those of before may end their work. */
export function apiDispatcher(access: ApiAccess): ApiDispatcher {
  const opened: Dispatcher[] = [];
  let current: { readonly material: string; readonly dispatcher: Dispatcher } | null = null;
  return {
    async of({ certificate }) {
      if (access.dispatcher !== undefined) return access.dispatcher;
      const ca = typeof access.ca === "function" ? await access.ca() : access.ca;
      const material = JSON.stringify([ca, certificate]);
      if (current?.material === material) return current.dispatcher;
      const dispatcher = connections(access, secureContext(ca, certificate));
      if (current !== null) void current.dispatcher.close().catch(() => undefined);
      current = { material, dispatcher };
      opened.push(dispatcher);
      return dispatcher;
    },
    async close() {
      await Promise.all(opened.map((one) => one.destroy()));
    },
  };
}

function secureContext(ca: string | undefined, certificate: Credential["certificate"]): SecureContext {
  try {
    return createSecureContext({ ...(ca === undefined ? {} : { ca }), ...certificate });
  } catch (cause) {
    const what = certificate === null ? "certificate authority" : "client certificate with its key and authority";
    // OpenSSL names the kind of damage, never the content.
    throw new Error(`Cannot use the ${what}: ${causeOf(cause)}`, { cause });
  }
}

function connections(access: ApiAccess, context: SecureContext): Dispatcher {
  const tls = {
    secureContext: context,
    timeout: CONNECT_TIMEOUT_MS,
    ...(access.serverName === undefined ? {} : { servername: access.serverName }),
    ...(access.skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
  // One connection for each watch: a stream that hangs must never hold up the others, as it may inside HTTP/2.
  if (access.proxy === undefined) return new Agent({ connect: tls, allowH2: false });
  if (access.proxy.startsWith("socks5:"))
    return new Socks5ProxyAgent(access.proxy, { requestTls: tls, allowH2: false });
  return new ProxyAgent({ uri: access.proxy, requestTls: tls, allowH2: false });
}
