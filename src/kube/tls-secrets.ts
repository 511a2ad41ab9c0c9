/**
 * Certificates of `spec.tls` from files: Secrets that lie beside the Ingresses which name them. Read apart from all other
 * objects, so that no key ever gets near an observation, a snapshot or a status page.
 */
import type { IngressObject } from "../core/objects.ts";
import type { ManifestFile } from "./manifest-set.ts";
import { isRecord } from "./plain.ts";
import { secretField } from "./tls-secret.ts";
import { parseManifests } from "./yaml.ts";

export interface TlsSecret {
  /** Where it stands, for messages. */
  readonly where: string;
  /** Hosts that `spec.tls` gives; empty for those of the certificate itself. */
  readonly hosts: readonly string[];
  readonly cert: string;
  readonly key: string;
}

export interface TlsSecrets {
  readonly secrets: readonly TlsSecret[];
  /** Sentences. A Secret that is not there is none: the certificate may come from elsewhere. */
  readonly problems: readonly string[];
}

/** The Secrets of one folder that its Ingresses name, in the order of the Ingresses. Never throws. */
export function tlsSecrets(files: readonly ManifestFile[], ingresses: readonly IngressObject[]): TlsSecrets {
  const known = secretsIn(files);
  const secrets: TlsSecret[] = [];
  const problems: string[] = [];
  for (const { meta, tls } of ingresses) {
    for (const { hosts, secretName } of tls) {
      const found = known.get(`${meta.namespace}/${secretName ?? ""}`);
      if (found === undefined) continue;
      const { where } = found;
      const [cert, key] = [secretField(found.value, "tls.crt"), secretField(found.value, "tls.key")];
      if (cert !== null && key !== null) secrets.push({ where, hosts, cert, key });
      else problems.push(`Cannot use ${where}: it has no tls.crt and tls.key that are text or base64`);
    }
  }
  return { secrets, problems };
}

interface FoundSecret {
  readonly where: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** All Secrets of one folder, by `namespace/name`. */
export function secretsIn(files: readonly ManifestFile[]): ReadonlyMap<string, FoundSecret> {
  const known = new Map<string, FoundSecret>();
  for (const { file, text } of files) {
    // Most files hold no Secret, and parsing is what takes time.
    if (!text.includes("Secret")) continue;
    for (const { value, positionOf } of parseManifests(text, file).documents) {
      if (!isRecord(value) || value["kind"] !== "Secret" || !isRecord(value["metadata"])) continue;
      const { name, namespace = "default" } = value["metadata"];
      const where = `${file}:${positionOf([]).line}  Secret ${String(namespace)}/${String(name)}`;
      known.set(`${String(namespace)}/${String(name)}`, { where, value });
    }
  }
  return known;
}
