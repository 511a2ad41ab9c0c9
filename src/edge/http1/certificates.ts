/** Certificates by name, exchangeable while connections are open. */
import { createSecureContext, type SecureContext } from "node:tls";
import { wildcardOf } from "../../core/host-pattern.ts";

export interface Certificate {
  /** Host names, `*.example.org` for one label. */
  readonly names: readonly string[];
  /** PEM, the chain behind it. */
  readonly cert: string;
  readonly key: string;
}

/** What handshakes are shown. */
export interface ShownCertificates {
  /** The exact name, then the wildcard of its parent, then the first of all; null when there is none. */
  contextFor(name: string): SecureContext | null;
  /** For a client that names nobody, as a balancer's check by address does; null when there is none. */
  readonly first: Certificate | null;
}

/** Looks contexts up; `replace` counts for the next handshake and leaves open connections alone. */
export interface CertificateTable extends ShownCertificates {
  /** Whether one is for just this name, in lower case. */
  has(name: string): boolean;
  /** Throws, and keeps what it has, when one of them cannot be used. */
  replace(certificates: readonly Certificate[]): void;
}

/** A table of certificates. */
export function certificateTable(certificates: readonly Certificate[]): CertificateTable {
  let contexts = contextsOf(certificates);
  let [first = null] = certificates;
  return {
    get first() {
      return first;
    },
    contextFor(name) {
      const host = name.toLowerCase();
      const parent = wildcardOf(host);
      return contexts.get(host) ?? contexts.get(parent) ?? contexts.values().next().value ?? null;
    },
    has: (name) => contexts.has(name),
    replace(next) {
      contexts = contextsOf(next);
      [first = null] = next;
    },
  };
}

function contextsOf(certificates: readonly Certificate[]): ReadonlyMap<string, SecureContext> {
  const contexts = new Map<string, SecureContext>();
  for (const { names, cert, key } of certificates) {
    const context = createSecureContext({ cert, key, minVersion: "TLSv1.2" });
    for (const name of names) if (!contexts.has(name.toLowerCase())) contexts.set(name.toLowerCase(), context);
  }
  return contexts;
}
