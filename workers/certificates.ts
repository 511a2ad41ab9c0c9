/** The certificates that a listener ends TLS with, from files that are read again when they change. */
import { join } from "node:path";
import type { EdgeSettings, TlsFiles } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { causeOf } from "../src/core/cause.ts";
import {
  type Certificate,
  type CertificateTable,
  certificateTable,
  type ShownCertificates,
} from "../src/edge/http1/certificates.ts";
import { namesIn, pairsIn, readPair } from "../src/edge/node/certificate-files.ts";
import type { ManifestDirectory } from "../src/kube/directory.ts";
import { readFolder } from "../src/kube/folder.ts";
import type { ObjectReader } from "../src/kube/reader.ts";
import { tlsSecrets } from "../src/kube/tls-secrets.ts";
import type { NodeEdgeOptions } from "./node-edge.ts";

/** A source of objects and the folder that it reads. */
export interface SecretFolder {
  readonly path: string;
  readonly reader: ObjectReader;
}

export interface OpenCertificates {
  readonly table: ShownCertificates;
  /** Reads everything again now; what cannot be used is said, and the old certificates stay. */
  reload(): Promise<void>;
  close(): void;
}

const INTERVAL_MS = 1000;

/** Opens them, or fails with what is wrong; `folders` are those whose Secrets count, at the moment. */
export async function openCertificates(
  tls: TlsFiles,
  folders: () => readonly SecretFolder[],
  log: (line: string) => void,
): Promise<OpenCertificates & { readonly table: CertificateTable }> {
  let last = "";
  const read = async (): Promise<readonly Certificate[]> => {
    const pairs = [...tls.pairs, ...(tls.directory === null ? [] : await pairsIn(tls.directory))];
    const found = await Promise.all(pairs.map(readPair));
    return tls.secrets ? [...found, ...(await secretsOf(folders(), log))] : found;
  };
  const first = await read().catch((cause: unknown) => {
    throw new Failure(causeOf(cause), "--tls-cert FILE --tls-key FILE, PEM, the chain behind the certificate", {
      cause,
    });
  });
  if (first.length === 0 && tls.edgeKeys.length === 0)
    throw new Failure("Cannot end TLS: there is no certificate", NO_CERTIFICATE);
  const table = makeTable(first);
  last = JSON.stringify(first);
  const reload = async (): Promise<void> => {
    try {
      const next = await read();
      const text = JSON.stringify(next);
      if (text === last) return;
      last = text;
      if (next.length === 0) return log("Cannot use the new certificates: there is none any more; the old ones stay");
      table.replace(next);
      log(JSON.stringify({ event: "certificates", names: next.flatMap(({ names }) => names) }));
    } catch (cause) {
      const text = `Cannot use the new certificates, the old ones stay: ${causeOf(cause)}`;
      if (text !== last) log(text);
      last = text;
    }
  };
  // Compared by content: a mounted Secret is swapped by a link, and a renewed file may have any time.
  const timer = setInterval(() => void reload(), INTERVAL_MS).unref();
  return { table, reload, close: () => clearInterval(timer) };
}

/** What the edge shows to origins, read once: processes that are replaced read it again. */
export async function openOriginCertificate(
  files: EdgeSettings["originCertificate"],
): Promise<Pick<Certificate, "cert" | "key"> | null> {
  if (files === null) return null;
  try {
    const pair = await readPair(files);
    certificateTable([pair]);
    return { cert: pair.cert, key: pair.key };
  } catch (cause) {
    const message = `Cannot show ${files.cert} with ${files.key} to origins: ${causeOf(cause)}`;
    throw new Failure(message, "--origin-cert FILE --origin-key FILE, PEM, the chain behind the certificate", {
      cause,
    });
  }
}

const NO_CERTIFICATE =
  "--tls-cert FILE --tls-key FILE, --tls-dir DIR, or --tls-secrets with Secrets that spec.tls names";

function makeTable(certificates: readonly Certificate[]): CertificateTable {
  try {
    return certificateTable(certificates);
  } catch (cause) {
    throw new Failure(
      `Cannot end TLS: a key does not belong to its certificate (${causeOf(cause)})`,
      "openssl x509 -noout -pubkey -in CERT; openssl pkey -pubout -in KEY: both must print the same",
      { cause },
    );
  }
}

/** One bad Secret does not stop the others. */
async function secretsOf(folders: readonly SecretFolder[], log: (line: string) => void): Promise<Certificate[]> {
  const certificates: Certificate[] = [];
  for (const { path, reader } of folders) {
    const content = await readFolder(path, null);
    if (content?.ok !== true) continue;
    const { secrets, problems } = tlsSecrets(content.files, reader.observe().objects.ingresses);
    for (const problem of problems) log(problem);
    for (const { where, hosts, cert, key } of secrets) {
      try {
        const one = { names: hosts.length > 0 ? hosts : namesIn(cert, where), cert, key };
        certificateTable([one]);
        certificates.push(one);
      } catch (cause) {
        log(`Cannot use ${where}: ${causeOf(cause)}`);
      }
    }
  }
  return certificates;
}

/** The folders whose Secrets may end TLS: the config source and its members. */
export function secretFolders(directory: ManifestDirectory, from: string): readonly SecretFolder[] {
  const members = directory.clusters().flatMap((reader) => {
    const { cluster } = reader.observe();
    return cluster === null ? [] : [{ path: join(from, cluster), reader }];
  });
  return [{ path: from, reader: directory.config }, ...members];
}

/** What an edge's listener is told of all that. */
export function listenerFor(
  { listener, plainListen, httpsPort, listen }: EdgeSettings,
  certificates: OpenCertificates | null,
): Pick<
  NodeEdgeOptions,
  "certificates" | "httpsPort" | "plainListen" | "proxyProtocolFrom" | "limits" | "connectMs" | "drainMs"
> {
  const { proxyProtocolFrom, limits, connectMs, drainMs } = listener;
  return {
    certificates: certificates?.table ?? null,
    plainListen,
    httpsPort: plainListen === null ? null : (httpsPort ?? listen.port),
    proxyProtocolFrom,
    limits,
    connectMs,
    drainMs,
  };
}
