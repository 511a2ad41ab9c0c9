import type { Dispatcher } from "undici";
import type { CredentialSource } from "./credential.ts";

/** How to reach one cluster's API. `contextAccess` and `inClusterAccess` make these. */
export interface ApiAccess {
  /** `https://203.0.113.7:6443`; a path goes before every path that is asked for. */
  readonly server: string;
  /** Asked for each request, and again after a 401. */
  readonly credentials?: CredentialSource;
  /** PEM bundle that replaces the system's roots; a function is asked for each request. */
  readonly ca?: string | (() => Promise<string>);
  /** Name that the server's certificate must have, where it is not the one in `server`. */
  readonly serverName?: string;
  readonly skipTlsVerify?: boolean;
  /** http, https or socks5 URL of a proxy. */
  readonly proxy?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Where requests go instead of connections of our own; it is not closed with the connection. */
  readonly dispatcher?: Dispatcher;
}
