/**
 * Certificates that control has sealed for this edge: followed in the store, opened here, shown by SNI. What cannot be
 * read, opened or used is told and changes nothing; a name goes only when a newer signed list leaves it out.
 */
import { createSecureContext, type SecureContext } from "node:tls";
import { causeOf } from "../../core/cause.ts";
import { isCovered, wildcardOf } from "../../core/host-pattern.ts";
import type { SealedFor } from "../../core/keys/envelope.ts";
import { envelopeKey, type KeyEntry, type KeyList, secretId, secretText } from "../../core/keys/key-list.ts";
import { namesIn } from "./certificate-files.ts";
import type { CertificateTable, ShownCertificates } from "../http1/certificates.ts";

/** Where lists and envelopes come from: the store, or what was kept of it. */
export interface SealedSource {
  /** The signed list as it is stored; null when there is none. Rejects when the store cannot be reached. */
  readonly list: () => Promise<string | null>;
  readonly get: (key: string) => Promise<string | null>;
}

export interface SealedDeps {
  /** Checks signature and fleet. */
  readonly check: (
    json: string,
  ) => Promise<{ readonly ok: true; readonly list: KeyList } | { readonly ok: false; readonly problem: string }>;
  readonly open: (
    text: string,
    what: SealedFor,
  ) =>
    | { readonly ok: true; readonly cert: string; readonly key: string }
    | { readonly ok: false; readonly why: string };
  /** Lets the loop turn once. */
  readonly turn: () => Promise<void>;
  /** SHA-256 of a text, hex. */
  readonly digest: (text: string) => Promise<string>;
  /** Told of each list that was taken, with the envelopes that were read for it. */
  readonly onTaken: (json: string, list: KeyList, envelopes: ReadonlyMap<string, string>) => Promise<void>;
  readonly log: (line: string) => void;
}

export interface SealedCertificates {
  /** Takes what is new; never rejects, and never runs twice at once. */
  refresh(source: SealedSource): Promise<void>;
  /** Opens again what did not open before: there are other keys now. */
  retry(): void;
  /** Whether a list was taken. */
  has(): boolean;
  /** Names before those of the files where they are closer: exact file, exact Secret, wildcard file, wildcard Secret. */
  over(files: CertificateTable): ShownCertificates;
}

interface Held {
  readonly envelope: string;
  /** In the certificate. */
  readonly names: readonly string[];
  readonly context: SecureContext;
}

interface Shown {
  readonly context: SecureContext;
  /** Names under it that are others'. */
  readonly except: ReadonlySet<string>;
}

/** Envelopes that are read at the same time. */
const AT_ONCE = 16;

/** Holds nothing yet. */
export function sealedCertificates(deps: SealedDeps): SealedCertificates {
  let serial = -1;
  /** The list that was looked at last, once looking again could not find more. */
  let done = "";
  let held: ReadonlyMap<string, Held> = new Map();
  let shown: ReadonlyMap<string, Shown> = new Map();
  let told = "";
  /** Envelopes that were read whole and are of no use: with the same keys they never will be. */
  const refused = new Map<string, string>();
  let running: Promise<void> | null = null;
  let turns: Promise<void> = Promise.resolve();
  const tell = (problems: readonly string[]): void => {
    const text = problems.join("\n");
    if (text !== told && text !== "") deps.log(text);
    told = text;
  };

  async function take(source: SealedSource): Promise<void> {
    const json = await source.list();
    // A store without a list is one that was lost, or one whose control seals nothing: neither takes anything away.
    if (json === null || json === done) return;
    const checked = await deps.check(json);
    done = json;
    if (!checked.ok) return tell([`Cannot take certificates, the ones before stay: ${checked.problem}`]);
    const { list } = checked;
    if (list.serial < serial) {
      return tell([`Cannot take certificates, the ones before stay: list ${list.serial} is older than ${serial}`]);
    }
    const next = new Map<string, Held>();
    const envelopes = new Map<string, string>();
    const problems: string[] = [];
    const hold = async (entry: KeyEntry): Promise<void> => {
      const before = held.get(secretId(entry)) ?? null;
      const now = await holdOf(entry, before, { source, envelopes, audience: list.audience }).catch(
        (error: unknown) => {
          problems.push(`Cannot use the certificate of ${secretText(entry)}, ${staying(before)}: ${causeOf(error)}`);
          // What was read whole and is of no use stays so; what could not be read may be there next time.
          if (!refused.has(entry.envelope ?? "")) done = "";
          return before;
        },
      );
      if (now !== null) next.set(secretId(entry), now);
    };
    for (let from = 0; from < list.entries.length; from += AT_ONCE) {
      await Promise.all(list.entries.slice(from, from + AT_ONCE).map(hold));
    }
    problems.sort();
    const named = new Set(list.entries.map(({ envelope }) => envelope));
    for (const hash of refused.keys()) if (!named.has(hash)) refused.delete(hash);
    held = next;
    shown = shownOf(list.entries, next, problems);
    const isNew = list.serial !== serial;
    ({ serial } = list);
    tell(problems);
    if (isNew) deps.log(JSON.stringify({ event: "sealed-certificates", serial, names: [...shown.keys()] }));
    if (isNew || envelopes.size > 0) await deps.onTaken(json, list, envelopes);
  }

  async function holdOf(
    entry: KeyEntry,
    before: Held | null,
    { source, envelopes, audience }: { source: SealedSource; envelopes: Map<string, string>; audience: string },
  ): Promise<Held | null> {
    const { envelope, cluster, namespace, secret } = entry;
    // Nobody could read the Secret since the store was lost: what is here is the last good one.
    if (envelope === null || before?.envelope === envelope) return before;
    const known = refused.get(envelope);
    if (known !== undefined) throw new Error(known);
    const text = await source.get(envelopeKey(envelope));
    if (text === null) throw new Error("its envelope is not in the store");
    if ((await deps.digest(text)) !== envelope) throw new Error("its envelope is another one than the list names");
    // Opening takes a millisecond of the loop: one at a time, and sockets are read in between.
    turns = turns.then(deps.turn);
    await turns;
    const opened = deps.open(text, { audience, cluster, namespace, secret });
    try {
      if (!opened.ok) throw new Error(opened.why);
      const names = namesIn(opened.cert, secretText(entry)).map((name) => name.toLowerCase());
      const context = contextOf(opened);
      envelopes.set(envelope, text);
      return { envelope, names, context };
    } catch (error) {
      refused.set(envelope, causeOf(error));
      throw error;
    }
  }

  return {
    refresh(source) {
      running ??= take(source)
        .catch((error: unknown) => tell([`Cannot read the certificates, the ones before stay: ${causeOf(error)}`]))
        .finally(() => {
          running = null;
        });
      return running;
    },
    retry() {
      refused.clear();
      done = "";
      told = "";
    },
    has: () => serial >= 0,
    over: (files) => ({
      get first() {
        return files.first;
      },
      contextFor(name) {
        const host = name.toLowerCase();
        const parent = wildcardOf(host);
        if (files.has(host)) return files.contextFor(host);
        const own = shown.get(host);
        if (own !== undefined) return own.context;
        if (files.has(parent)) return files.contextFor(host);
        const wide = shown.get(parent);
        if (wide !== undefined && !wide.except.has(host)) return wide.context;
        // The first file, if there is one: a Secret is for its own names alone.
        return files.contextFor(host);
      },
    }),
  };
}

/** Of two certificates for one name the one that lives longer. */
function shownOf(
  entries: readonly KeyEntry[],
  held: ReadonlyMap<string, Held>,
  problems: string[],
): ReadonlyMap<string, Shown> {
  const shown = new Map<string, Shown>();
  const longest = entries.toSorted((a, b) => b.expiresMs - a.expiresMs);
  for (const entry of longest) {
    const own = held.get(secretId(entry));
    if (own === undefined) continue;
    const except = new Set(entry.except);
    const { names, context } = own;
    for (const host of entry.hosts) {
      if (isCovered(host, names)) {
        if (!shown.has(host)) shown.set(host, { context, except });
      } else problems.push(`Cannot show the certificate of ${secretText(entry)} for ${host}: it is not for that name`);
    }
  }
  return shown;
}

function contextOf({ cert, key }: { readonly cert: string; readonly key: string }): SecureContext {
  try {
    return createSecureContext({ cert, key, minVersion: "TLSv1.2" });
  } catch {
    // OpenSSL's message may quote what it read.
    throw new Error("its key does not belong to its certificate");
  }
}

function staying(before: Held | null): string {
  return before === null ? "there is none before" : "the one before stays";
}
