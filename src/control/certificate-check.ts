/** Whether what a Secret holds may be shown to clients. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { isCovered, MAX_NAMES } from "../core/keys/key-list.ts";
import type { GoodCertificate } from "../core/keys/plan.ts";

export type CheckedCertificate =
  | ({
      readonly ok: true;
      /** It ends soon. */
      readonly isLate: boolean;
      /** Hosts that it is not for. */
      readonly uncovered: readonly string[];
    } & GoodCertificate)
  | {
      readonly ok: false;
      readonly reason: "CertificateInvalid" | "CertificateExpired" | "CertificateNotForHost";
      /** A clause that repeats nothing of the key. */
      readonly why: string;
      /** Of the certificate, where it can be read. */
      readonly fingerprint: string | null;
    };

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** RFC 1035 §2.3.4; what is longer is no host's name. */
const MAX_NAME = 253;
const WEEK_MS = 604_800_000;

/** Judges certificate and key together, for these hosts. */
export function checkCertificate(
  { cert, key }: { readonly cert: string; readonly key: string },
  hosts: readonly string[],
  nowMs: number,
): CheckedCertificate {
  const leaf = leafOf(cert);
  if (leaf === null) return invalid("tls.crt holds no certificates in PEM form", null);
  const fingerprint = createHash("sha256")
    .update((cert.match(PEM) ?? []).join("\n").replace(/\r/g, ""))
    .digest("hex");
  const privateKey = privateKeyOf(key);
  if (privateKey === null) return invalid("tls.key holds no private key in PEM form without a password", fingerprint);
  if (!leaf.checkPrivateKey(privateKey)) return invalid("tls.key does not belong to tls.crt", fingerprint);
  if (!isTaken(cert, key))
    return invalid("TLS does not take the pair: a weak key, or a chain in another order", fingerprint);
  const [fromMs, expiresMs] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()];
  if (expiresMs <= nowMs) {
    const why = `its certificate has expired at ${stamp(expiresMs)}`;
    return { ok: false, reason: "CertificateExpired", why, fingerprint };
  }
  if (fromMs > nowMs) return invalid(`its certificate is not valid before ${stamp(fromMs)}`, fingerprint);
  const names = dnsNames(leaf);
  const uncovered = hosts.filter((host) => !isCovered(names, host));
  if (uncovered.length === hosts.length) {
    const why = `its certificate is for ${names.slice(0, 10).join(", ") || "no host name"}, not for ${hosts.slice(0, 10).join(", ")}`;
    return { ok: false, reason: "CertificateNotForHost", why, fingerprint };
  }
  const isLate = expiresMs - nowMs < Math.min(WEEK_MS, (expiresMs - fromMs) / 5);
  return { ok: true, fingerprint, names, expiresMs, isLate, uncovered };
}

/** Without milliseconds. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, "");
}

/** The first certificate of a chain that can be read as a whole. */
function leafOf(pem: string): X509Certificate | null {
  try {
    const [first = null] = (pem.match(PEM) ?? []).map((one) => new X509Certificate(one));
    return first;
  } catch {
    return null;
  }
}

function privateKeyOf(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's message may quote what it read.
    return null;
  }
}

/** OpenSSL refuses some pairs that belong together. */
function isTaken(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}

function dnsNames({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(",")
    .map((part) => part.trim())
    .flatMap((part) => (part.startsWith("DNS:") ? [part.slice(4).toLowerCase()] : []))
    .filter((name) => name.length <= MAX_NAME)
    .slice(0, MAX_NAMES);
}

function invalid(why: string, fingerprint: string | null): CheckedCertificate {
  return { ok: false, reason: "CertificateInvalid", why, fingerprint };
}
