/** Backends of Fastly: where a request goes and how. */
import { Backend } from "fastly:backend";
import { CacheOverride } from "fastly:cache-override";
import { hash32 } from "../src/core/steering/hash.ts";
import type { Origin } from "../src/core/model.ts";
import type { FastlyUpstreamOptions } from "../src/edge/fastly/upstream.ts";

/** The edge's own clock ends a try, and knows why; Fastly's lets go of the connection so much later. */
const GRACE_MS = 500;
/** Longest silence in the middle of an answer. */
const BETWEEN_BYTES_MS = 60_000;

interface FastlyInit extends RequestInit {
  readonly backend: Backend;
  readonly cacheOverride: CacheOverride;
}

/**
 * Sends over backends; `declared` names those of the service by host. Every other one is made for the request, which the
 * account must allow. Nothing of what passes is cached, and each try has the timeouts of its own route.
 */
export function fetchOver(declared: ReadonlyMap<string, string>): FastlyUpstreamOptions["fetchFrom"] {
  return async (origin, { url, init }, { connectTimeoutMs, responseTimeoutMs }) => {
    const name = declared.get(origin.connectHost);
    const backend =
      name !== undefined && Backend.exists(name)
        ? Backend.fromName(name)
        : made({
            target: targetOf(origin),
            connectTimeout: connectTimeoutMs,
            firstByteTimeout: responseTimeoutMs + GRACE_MS,
            betweenBytesTimeout: BETWEEN_BYTES_MS,
            hostOverride: new URL(url).host,
            ...tlsOf(origin),
          });
    const options: FastlyInit = { ...init, backend, cacheOverride: new CacheOverride("pass") };
    return await fetch(url, options);
  };
}

type Settings = Omit<ConstructorParameters<typeof Backend>[0], "name">;

/** One of these settings: named after them, since Fastly keeps connections of backends of one name and the same settings. */
function made(settings: Settings): Backend {
  const name = `${settings.target.slice(0, 200)} ${hash32(JSON.stringify(settings)).toString(36)}`;
  return Backend.exists(name) ? Backend.fromName(name) : new Backend({ name, ...settings });
}

function targetOf({ connectHost, port }: Origin): string {
  return `${connectHost.includes(":") ? `[${connectHost}]` : connectHost}:${port}`;
}

type Tls = Omit<Settings, "target" | "hostOverride" | `${string}Timeout`>;

/** Certificates are checked against the name that is asked for: without it Fastly takes one for any name. */
function tlsOf({ protocol, connectHost, serverName, ca }: Origin): Tls {
  if (protocol === "http") return { useSSL: false };
  const name = serverName ?? connectHost;
  return {
    useSSL: true,
    sniHostname: name,
    certificateHostname: name,
    tlsMinVersion: 1.2,
    ...(ca === null ? {} : { caCertificate: ca }),
  };
}

/** A text below a base address, null for 404; over the backend "snapshots" where the service declares it. */
export async function readOver(base: string, key: string): Promise<string | null> {
  const url = `${base.endsWith("/") ? base : `${base}/`}${key}`;
  const { hostname, port, protocol } = new URL(url);
  const useSSL = protocol === "https:";
  const backend = Backend.exists("snapshots")
    ? Backend.fromName("snapshots")
    : made({
        target: `${hostname}:${port === "" ? (useSSL ? "443" : "80") : port}`,
        connectTimeout: 1000,
        firstByteTimeout: 5000,
        betweenBytesTimeout: 5000,
        useSSL,
        ...(useSSL ? { sniHostname: hostname, certificateHostname: hostname } : {}),
      });
  const options: FastlyInit = { backend, cacheOverride: new CacheOverride("pass") };
  const response = await fetch(url, options);
  if (response.status === 404) return null;
  if (response.status !== 200) throw new Error(`Cannot read "${key}" from ${base}: it answered ${response.status}`);
  return await response.text();
}
