/** The certificates that control has sealed for this edge, from the store and, at a start without it, from the cache. */
import { setTimeout as pause } from "node:timers/promises";
import type { TlsFiles } from "../src/cli/deps.ts";
import { causeOf } from "../src/core/cause.ts";
import { envelopeKey, KEY_LIST } from "../src/core/keys/key-list.ts";
import type { CertificateTable, ShownCertificates } from "../src/edge/http1/certificates.ts";
import { sealedCertificates, type SealedSource } from "../src/edge/node/sealed-certificates.ts";
import { fileStore } from "../src/store/file.ts";
import { readSignedKeys } from "../src/store/keys/key-store.ts";
import { openKey } from "../src/store/keys/seal.ts";
import { sha256Hex } from "../src/store/signature.ts";
import { textStore } from "../src/store/text.ts";
import { type OpenCertificates, openCertificates, type SecretFolder } from "./certificates.ts";
import { nextTurn } from "./node-edge.ts";
import { readEdgeKeys } from "./edge-key-files.ts";

interface OpenSealed {
  /** The files' table with the sealed ones beside it. */
  over(files: CertificateTable): ShownCertificates;
  /** The store may have something new. */
  refresh(): Promise<void>;
  notReady(): string | null;
  /** Reads the edge's keys again; when that fails the old ones stay. */
  reload(): Promise<void>;
  close(): void;
}

export interface SealedOptions {
  readonly tls: TlsFiles;
  readonly audience: string;
  /** Folder where the last good ones are kept, still sealed; null keeps nothing. */
  readonly cache: string | null;
  readonly get: (key: string) => Promise<string | null>;
  readonly verify: (text: string, keyId: string, signature: string) => Promise<boolean>;
  readonly log: (line: string) => void;
}

export interface OpenTls extends OpenCertificates {
  /** The store may have something new. */
  refresh(): Promise<void>;
  /** Why no client can come in; null once there is a certificate or a list of them. */
  notReady(): string | null;
}

/** Everything that an edge of a store ends TLS with: its files, and what control has sealed for it. */
export async function openTls(
  options: SealedOptions,
  folders: () => readonly SecretFolder[] = () => [],
): Promise<OpenTls> {
  const files = await openCertificates(options.tls, folders, options.log);
  if (options.tls.edgeKeys.length === 0) return { ...files, refresh: () => Promise.resolve(), notReady: () => null };
  const sealed = await openSealed(options);
  return {
    table: sealed.over(files.table),
    refresh: sealed.refresh,
    notReady: () => (files.table.contextFor("") === null ? sealed.notReady() : null),
    reload: async () => void (await Promise.all([files.reload(), sealed.reload()])),
    close() {
      sealed.close();
      files.close();
    },
  };
}

/** A start waits so long for the store, as it does for the snapshot. */
const START_MS = 250;
const POLL_MS = 2_000;

/** Opens them; fails when an edge key cannot be used. A store that does not answer is no failure. */
async function openSealed(options: SealedOptions): Promise<OpenSealed> {
  const { tls, audience, cache, get, verify, log } = options;
  let keys = await readEdgeKeys(tls.edgeKeys);
  const kept = cache === null ? null : keptKeys(cache, log);
  let isKept = true;
  const sealed = sealedCertificates({
    check: (json) => readSignedKeys(json, audience, verify),
    open: (text, what) => openKey(text, what, keys),
    digest: sha256Hex,
    turn: nextTurn,
    async onTaken(json, list, envelopes) {
      if (!isKept) await kept?.keep(json, new Set(list.entries.map((one) => one.envelope)), envelopes);
    },
    log,
  });
  const source = sourceOf(get);
  // What was kept is there at once; whatever the store has is newer.
  if (kept !== null) await sealed.refresh(kept.source);
  isKept = false;
  const first = sealed.refresh(source);
  if (!sealed.has()) await Promise.race([first, pause(START_MS)]);
  const timer = setInterval(() => void sealed.refresh(source), POLL_MS).unref();
  return {
    over: sealed.over,
    refresh: () => sealed.refresh(source),
    notReady: () => (sealed.has() ? null : "no list of certificates was taken yet"),
    async reload() {
      try {
        keys = await readEdgeKeys(tls.edgeKeys);
        sealed.retry();
      } catch (error) {
        log(`Cannot use the new edge keys, the old ones stay: ${causeOf(error)}`);
      }
      await sealed.refresh(source);
    },
    close: () => clearInterval(timer),
  };
}

function sourceOf(get: SealedOptions["get"]): SealedSource {
  return { list: () => get(KEY_LIST), get };
}

/** Envelopes before the list: whoever starts from it finds what it names. */
function keptKeys(folder: string, log: (line: string) => void) {
  const store = fileStore(folder);
  const text = textStore(store);
  return {
    source: sourceOf(text.get),
    async keep(json: string, named: ReadonlySet<string | null>, envelopes: ReadonlyMap<string, string>): Promise<void> {
      try {
        for (const [hash, envelope] of envelopes) await text.put(envelopeKey(hash), envelope, "any");
        await text.put(KEY_LIST, json, "any");
        for (const key of await store.list("keys/")) {
          if (key !== KEY_LIST && !named.has(key.slice("keys/".length))) await store.delete(key);
        }
      } catch (error) {
        log(`Cannot keep the certificates in ${folder}: ${causeOf(error)}`);
      }
    },
  };
}
