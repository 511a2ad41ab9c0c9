/** Backends of Fastly: where a request goes and how. One that the service declares under the origin's name comes first. */
import { Backend } from "fastly:backend";
import { CacheOverride } from "fastly:cache-override";
import type { Origin } from "../src/core/model.ts";
import type { FastlyUpstreamOptions } from "../src/edge/fastly/upstream.ts";

/** Longest silence in the middle of an answer. */
const BETWEEN_BYTES_MS = 60_000;

interface FastlyInit extends RequestInit {
  readonly backend: Backend;
  readonly cacheOverride: CacheOverride;
}

/** Nothing of what passes is cached (docs/edges.md), and each try has the timeouts of its own route. */
export const fetchFrom: FastlyUpstreamOptions["fetchFrom"] = async (origin, { url, init }, timeouts) => {
  const { connectTimeoutMs, responseTimeoutMs } = timeouts;
  const backend = Backend.exists(origin.connectHost)
    ? Backend.fromName(origin.connectHost)
    : new Backend({
        target: `${origin.connectHost.includes(":") ? `[${origin.connectHost}]` : origin.connectHost}:${origin.port}`,
        connectTimeout: connectTimeoutMs,
        firstByteTimeout: responseTimeoutMs,
        betweenBytesTimeout: BETWEEN_BYTES_MS,
        hostOverride: new URL(url).host,
        ...tlsOf(origin),
      });
  const options: FastlyInit = { ...init, backend, cacheOverride: new CacheOverride("pass") };
  return await fetch(url, options);
};

/** Certificates are checked against the name that is asked for: without it Fastly takes one for any name. */
function tlsOf({ protocol, connectHost, serverName, ca }: Origin) {
  if (protocol === "http") return { useSSL: false };
  const name = serverName ?? connectHost;
  return {
    useSSL: true,
    sniHostname: name,
    certificateHostname: name,
    tlsMinVersion: 1.2 as const,
    ...(ca === null ? {} : { caCertificate: ca }),
  };
}

/** How long Fastly's cache answers for a server of snapshots. */
const SNAPSHOT_SECONDS = 5;

/** A text below a base address, null for 404; over the backend "snapshots" where the service declares it. */
export async function readOver(base: string, key: string): Promise<string | null> {
  const url = `${base.endsWith("/") ? base : `${base}/`}${key}`;
  const { hostname, port, protocol } = new URL(url);
  const useSSL = protocol === "https:";
  const backend = Backend.exists("snapshots")
    ? Backend.fromName("snapshots")
    : new Backend({
        target: `${hostname}:${port === "" ? (useSSL ? "443" : "80") : port}`,
        connectTimeout: 1000,
        firstByteTimeout: 5000,
        betweenBytesTimeout: 5000,
        useSSL,
        ...(useSSL ? { sniHostname: hostname, certificateHostname: hostname } : {}),
      });
  const options: FastlyInit = { backend, cacheOverride: new CacheOverride("override", { ttl: SNAPSHOT_SECONDS }) };
  const response = await fetch(url, options);
  if (response.status === 404) return null;
  if (response.status !== 200) throw new Error(`Cannot read "${key}" from ${base}: it answered ${response.status}`);
  return await response.text();
}
