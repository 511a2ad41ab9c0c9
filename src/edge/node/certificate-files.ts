/** Certificates in files: pairs that are named, and a folder of them. */
import { X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { causeOf } from "../../core/cause.ts";
import { dnsNamesOf } from "../../core/keys/certificate-names.ts";
import type { Certificate } from "../http1/certificates.ts";

export interface CertificatePair {
  /** PEM files, the chain behind the certificate. */
  readonly cert: string;
  readonly key: string;
}

/** Reads a pair; rejects with the name of the file that is wrong, never with what stands in it. */
export async function readPair({ cert, key }: CertificatePair): Promise<Certificate> {
  const [certText, keyText] = await Promise.all([readText(cert), readText(key)]);
  return { names: namesIn(certText, cert), cert: certText, key: keyText };
}

/** The names that a certificate is for; throws when the text holds none. */
export function namesIn(pem: string, where: string): readonly string[] {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(pem);
  } catch (cause) {
    throw new Error(`Cannot use ${where}: it holds no certificate in PEM form`, { cause });
  }
  const names = dnsNamesOf(parsed.subjectAltName ?? "");
  // Addresses have no SNI: such a certificate serves whoever asks for a name that no other is for.
  return names.length > 0 ? names : [where];
}

/**
 * The pairs of a folder, sorted: `NAME.crt` or `NAME.pem` beside `NAME.key`, and folders with `tls.crt` and `tls.key`, as
 * Kubernetes mounts a Secret. Rejects when the folder cannot be read, or a certificate has no key.
 */
export async function pairsIn(folder: string): Promise<readonly CertificatePair[]> {
  const entries = await listing(folder);
  const pairs: CertificatePair[] = [];
  for (const name of entries.filter((one) => !one.startsWith(".")).sort()) {
    const path = join(folder, name);
    const stem = /^(.+)\.(?:crt|pem)$/.exec(name)?.[1];
    if (stem !== undefined) {
      const key = `${stem}.key`;
      if (!entries.includes(key)) throw new Error(`Cannot use ${path}: there is no ${key} beside it`);
      pairs.push({ cert: path, key: join(folder, key) });
    } else if (await isSecretFolder(path)) {
      pairs.push({ cert: join(path, "tls.crt"), key: join(path, "tls.key") });
    }
  }
  return pairs;
}

async function isSecretFolder(path: string): Promise<boolean> {
  return await readdir(path).then(
    (names) => names.includes("tls.crt"),
    () => false,
  );
}

async function listing(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new Error(`Cannot read ${folder}: ${causeOf(cause)}`, { cause });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`Cannot read ${path}: ${causeOf(cause)}`, { cause });
  }
}
