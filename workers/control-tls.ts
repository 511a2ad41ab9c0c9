/** Certificates of `spec.tls` after each reconcile of control. Wiring only. */
import { join } from "node:path";
import { causeOf } from "../src/core/cause.ts";
import type { SecretName } from "../src/core/keys/key-list.ts";
import type { SecretRead } from "../src/core/keys/secret-read.ts";
import { newest } from "../src/control/newest.ts";
import { type TlsKeys, tlsKeys } from "../src/control/tls-keys.ts";
import { tlsMetrics } from "../src/control/tls-metrics.ts";
import type { ReconcileResult } from "../src/control/reconcile.ts";
import { readFolder } from "../src/kube/folder.ts";
import { fileTlsSecret, getTlsSecret } from "../src/kube/tls-secret.ts";
import { secretsIn } from "../src/kube/tls-secrets.ts";
import { keyStore } from "../src/store/keys/key-store.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Store } from "../src/store/store.ts";
import { apiClients } from "./api-clients.ts";
import type { ControlSetup } from "./control-setup.ts";
import type { Sources } from "./control-sources.ts";
import { readRecipients } from "./edge-key-files.ts";

export interface RunningTlsKeys {
  /** After a reconcile; the last one counts when several come while one is carried out. */
  after(result: ReconcileResult): void;
  /** The result with what is wrong with Secrets. */
  told<T extends ReconcileResult | null>(result: T): T;
  /** Prometheus text; empty where nothing is sealed. */
  metricsText(): string;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface TlsKeysParts {
  readonly store: Store;
  readonly sources: Pick<Sources, "accessOf" | "isAgent">;
  readonly log: (line: string) => void;
  /** Called when Secrets were read or the list was written: there may be other problems, and something to push. */
  readonly onChange: () => void;
}

/** Reads no Secret and does nothing where `spec.tlsSecrets` is left out; fails when nothing can be sealed to. */
export async function startTlsKeys(setup: ControlSetup, parts: TlsKeysParts): Promise<RunningTlsKeys> {
  const { tlsSecrets, audience } = setup.settings;
  if (tlsSecrets === null) {
    const nothing = () => Promise.resolve();
    return {
      after: () => undefined,
      told: (result) => result,
      metricsText: () => "",
      settled: nothing,
      close: nothing,
    };
  }
  const recipients = () => readRecipients(tlsSecrets.recipients);
  await recipients();
  const clients = apiClients(parts.sources.accessOf);
  const { sign, verify } = setup.key;
  const keys = tlsKeys(
    {
      keys: keyStore({ store: parts.store, audience, sign, verify }),
      reader: () => secretReader(setup, parts.sources, clients.of),
      recipients,
      digest: sha256Hex,
      now: Date.now,
    },
    { audience, intervalMs: tlsSecrets.intervalMs },
  );
  return following(keys, parts, () => clients.close());
}

function following(keys: TlsKeys, { log, onChange }: TlsKeysParts, end: () => Promise<void>): RunningTlsKeys {
  let closed = false;
  let failed = "";
  const bringing = newest(async (result: ReconcileResult): Promise<void> => {
    let isOther = false;
    try {
      const sealed = await keys.bring(result);
      isOther = sealed !== null;
      for (const one of sealed ?? []) log(JSON.stringify({ event: "key-sealed", ...nameOf(one) }));
      failed = "";
    } catch (error) {
      const message = `Cannot bring certificates to the edges: ${causeOf(error)}`;
      if (message !== failed) log(message);
      failed = message;
    }
    if (isOther && !closed) onChange();
  });

  return {
    after(result) {
      if (!closed) bringing.offer(result);
    },
    told: (result) => (result === null ? result : { ...result, problems: [...result.problems, ...keys.problems()] }),
    metricsText: () => tlsMetrics(keys.entries()),
    settled: bringing.settled,
    async close() {
      closed = true;
      bringing.clear();
      await bringing.settled();
      await end();
    },
  };
}

function nameOf({ cluster, namespace, secret }: SecretName): SecretName {
  return { cluster, namespace, secret };
}

/** For one pass: each folder is read once, and forgotten with it. */
function secretReader(
  { settings }: ControlSetup,
  { isAgent }: Pick<Sources, "isAgent">,
  clientOf: ReturnType<typeof apiClients>["of"],
): (secret: SecretName) => Promise<SecretRead> {
  const folders = new Map<string, ReturnType<typeof fileSecrets>>();
  const secretsOf = (folder: string): ReturnType<typeof fileSecrets> => {
    const secrets = folders.get(folder) ?? fileSecrets(folder);
    folders.set(folder, secrets);
    return secrets;
  };
  return async ({ cluster, namespace, secret }) => {
    const client = clientOf(cluster);
    if (client !== null) return await getTlsSecret(client, namespace, secret);
    const { config } = settings;
    if (cluster !== null && isAgent(cluster)) {
      return { ok: false, reason: "SecretUnreadable", why: "its cluster has an agent, and agents send no Secret" };
    }
    if (typeof config !== "object" || !("directory" in config)) {
      return { ok: false, reason: "SecretUnreadable", why: "there is no way to the API of its cluster" };
    }
    const folder = cluster === null ? config.directory : join(config.directory, cluster);
    const secrets = await secretsOf(folder);
    if (typeof secrets === "string") return { ok: false, reason: "SecretUnreadable", why: secrets };
    return fileTlsSecret(secrets.get(`${namespace}/${secret}`)?.value ?? null, folder);
  };
}

/** All Secrets of a folder, or why it cannot be read. */
async function fileSecrets(folder: string): Promise<ReturnType<typeof secretsIn> | string> {
  const content = await readFolder(folder, null);
  if (content?.ok === true) return secretsIn(content.files);
  return content?.error ?? `${folder} cannot be read`;
}
