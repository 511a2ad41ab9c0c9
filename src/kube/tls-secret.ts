/** One Secret that an Ingress names in `spec.tls`, by `get`. Secrets are never listed and never watched. */
import type { SecretRead } from "../core/keys/secret-read.ts";
import type { ApiClient } from "./api-client.ts";
import { isRecord } from "./plain.ts";

const TYPE = "kubernetes.io/tls";

/** Asks the API once; never rejects. */
export async function getTlsSecret(client: ApiClient, namespace: string, name: string): Promise<SecretRead> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const found = await client.get(path);
  if (found.ok) return tlsSecretOf(found.object);
  if (found.status === 404) {
    return { ok: false, reason: "SecretNotFound", why: "there is no such Secret; create it" };
  }
  if (found.status === 401 || found.status === 403) {
    const why = `${found.cause}; portolan join --tls-secrets gives the right to get it`;
    return { ok: false, reason: "SecretForbidden", why };
  }
  const why = `it cannot be read: ${found.cause}`;
  return { ok: false, reason: "SecretUnreadable", why, isSilent: found.status === null };
}

/** The Secret of that name among the files of a folder, as an API would answer for it. */
export function fileTlsSecret(found: Readonly<Record<string, unknown>> | null, folder: string): SecretRead {
  return found === null
    ? { ok: false, reason: "SecretNotFound", why: `there is no such Secret in ${folder}` }
    : tlsSecretOf(found);
}

/** What an object that should be a Secret of `kubernetes.io/tls` holds. */
function tlsSecretOf(object: Readonly<Record<string, unknown>>): SecretRead {
  if (object["kind"] !== "Secret") return invalid("the API answered another kind of object");
  // A stranger's text may stand there.
  if (object["type"] !== TYPE) return invalid(`its type is not ${TYPE}; make one with kubectl create secret tls`);
  const [cert, key] = [secretField(object, "tls.crt"), secretField(object, "tls.key")];
  if (cert === null || key === null) return invalid("it has no tls.crt and tls.key that are base64");
  return { ok: true, cert, key };
}

/** A text of a Secret; null when there is none. `stringData` wins over `data`, as when Kubernetes takes an object in; an API never answers it. */
export function secretField({ data, stringData }: Readonly<Record<string, unknown>>, name: string): string | null {
  const plain = isRecord(stringData) ? stringData[name] : undefined;
  if (typeof plain === "string") return plain;
  const encoded = isRecord(data) ? data[name] : undefined;
  return typeof encoded === "string" ? Buffer.from(encoded, "base64").toString("utf8") : null;
}

function invalid(why: string): SecretRead {
  return { ok: false, reason: "SecretInvalid", why };
}
