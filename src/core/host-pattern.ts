/** Names of certificates, hosts at an edge and wildcards: one level under a wildcard is covered by it (RFC 6125 §6.4.3). */

/** The wildcard that holds a name; the name itself at the top, and for a wildcard. */
export function wildcardOf(host: string): string {
  const dot = host.indexOf(".");
  return dot > 0 ? `*${host.slice(dot)}` : host;
}

/** Whether a name or wildcard stands for `host`. */
export function coversHost(pattern: string, host: string): boolean {
  return pattern === host || pattern === wildcardOf(host);
}

/** Whether a name is one of these, or one level below a wildcard of these. */
export function isCovered(host: string, names: readonly string[]): boolean {
  return names.some((name) => coversHost(name, host));
}
