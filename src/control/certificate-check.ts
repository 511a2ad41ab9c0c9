/** Whether what a Secret holds may be shown to clients. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { isCovered } from "../core/host-pattern.ts";
import { dnsNamesOf } from "../core/keys/certificate-names.ts";
import { MAX_PLAIN } from "../core/keys/envelope.ts";
import { MAX_NAMES } from "../core/keys/key-list.ts";
import type { SecretRead } from "../core/keys/secret-read.ts";
import { rfc3339 } from "../core/rfc3339.ts";
import { plainBytes, type PlainKey } from "../store/keys/seal.ts";
import { badSecret, type Finding, type SecretVerdict } from "./secret-verdict.ts";

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** RFC 1035 §2.3.4; what is longer is no host's name. */
const MAX_NAME = 253;
const WEEK_MS = 604_800_000;

/** For hosts, at a time. Nothing of the key is in it. */
export function verdictOf(read: SecretRead, hosts: readonly string[], nowMs: number): SecretVerdict {
  if (!read.ok) return badSecret(read.reason, read.why);
  const size = plainBytes(read).length;
  if (size > MAX_PLAIN) {
    return badSecret("SecretInvalid", `tls.crt and tls.key have ${size} bytes of at most ${MAX_PLAIN}`);
  }
  return pairVerdict(read, hosts, nowMs);
}

/** Judges certificate and key together. */
function pairVerdict({ cert, key }: PlainKey, hosts: readonly string[], nowMs: number): SecretVerdict {
  const chain = cert.match(PEM) ?? [];
  const leaf = leafOf(chain);
  if (leaf === null) return invalid("tls.crt holds no certificates in PEM form");
  const privateKey = privateKeyOf(key);
  if (privateKey === null) return invalid("tls.key holds no private key in PEM form without a password");
  if (!leaf.checkPrivateKey(privateKey)) return invalid("tls.key does not belong to tls.crt");
  if (!isTaken(cert, key)) return invalid("TLS does not take the pair: a weak key, or a chain in another order");
  const [fromMs, expiresMs] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()];
  if (expiresMs <= nowMs)
    return badSecret("CertificateExpired", `its certificate has expired at ${rfc3339(expiresMs)}`);
  if (fromMs > nowMs) return invalid(`its certificate is not valid before ${rfc3339(fromMs)}`);
  const names = namesOf(leaf);
  const uncovered = hosts.filter((host) => !isCovered(host, names));
  const notFor = `its certificate is for ${someOf(names) || "no host name"}, not for ${someOf(uncovered)}`;
  if (uncovered.length === hosts.length) return badSecret("CertificateNotForHost", notFor);
  const findings: Finding[] = [];
  if (uncovered.length > 0) findings.push({ severity: "error", reason: "CertificateNotForHost", why: notFor });
  if (expiresMs - nowMs < Math.min(WEEK_MS, (expiresMs - fromMs) / 5)) {
    const why = `its certificate ends at ${rfc3339(expiresMs)}; renew it`;
    findings.push({ severity: "warning", reason: "CertificateExpiresSoon", why });
  }
  // The key belongs to it, so that it tells one pair from another, and it is public.
  const fingerprint = createHash("sha256").update(chain.join("\n").replace(/\r/g, "")).digest("hex");
  return { good: { fingerprint, names, expiresMs }, findings };
}

/** The first certificate of a chain that can be read as a whole. */
function leafOf(chain: readonly string[]): X509Certificate | null {
  try {
    const [first = null] = chain.map((one) => new X509Certificate(one));
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

function namesOf({ subjectAltName = "" }: X509Certificate): readonly string[] {
  return dnsNamesOf(subjectAltName)
    .map((name) => name.toLowerCase())
    .filter((name) => name.length <= MAX_NAME)
    .slice(0, MAX_NAMES);
}

function invalid(why: string): SecretVerdict {
  return badSecret("CertificateInvalid", why);
}

function someOf(names: readonly string[]): string {
  return names.slice(0, 10).join(", ");
}
