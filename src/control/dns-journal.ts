/**
 * What control is doing and has done to each zone, in the store. The head says which changes are under way, and by whom;
 * it is written with its version, so that of two writers one learns that it is not alone. What is done goes to a log,
 * from which `portolan dns who NAME` reads.
 *
 * Nothing is ever replayed from here (FM25): after a crash the zone itself says what was done, and the plan is made anew.
 */
import { readDnsChange, readZone } from "../core/dns/record-shapes.ts";
import type { DnsChange, Zone } from "../core/dns/records.ts";
import { integer, list, nullable, oneOf, parse, type Read, record, text } from "../core/snapshot/guard.ts";
import { sha256Hex } from "../store/signature.ts";
import type { Store } from "../store/store.ts";
import { textStore } from "../store/text.ts";

/** Changes that a writer has announced and not yet reported on. */
export interface OpenChanges {
  readonly writer: string;
  readonly startedMs: number;
  readonly changes: readonly DnsChange[];
}

export interface JournalHead {
  readonly format: 1;
  readonly zone: Zone;
  readonly provider: string;
  /** Entries of the log so far. */
  readonly sequence: number;
  readonly open: OpenChanges | null;
}

/** `not-applied`: found undone after its writer was gone. `failed`: nobody knows. */
export type LoggedStatus = "applied" | "overtaken" | "refused" | "failed" | "not-applied";

export interface LoggedChange {
  readonly change: DnsChange;
  readonly status: LoggedStatus;
  readonly message: string | null;
}

export interface LogEntry {
  readonly format: 1;
  readonly writer: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Found by reading the zone after the writer was gone, rather than told by the provider. */
  readonly isResumed: boolean;
  readonly changes: readonly LoggedChange[];
}

export interface VersionedHead {
  readonly head: JournalHead;
  /** null: it was never written. */
  readonly version: string | null;
}

export interface DnsJournal {
  readHead(): Promise<VersionedHead>;
  /** Resolves to the new version, or null when another writer was faster and nothing was written. */
  writeHead(head: JournalHead, version: string | null): Promise<string | null>;
  writeLog(sequence: number, entry: LogEntry): Promise<void>;
  /** Entries, newest first. */
  readLog(): AsyncIterable<LogEntry>;
}

/** A zone of 10,000 records in one go; entries are written for some thousand changes at a time. */
const MAX_CHANGES = 20_000;
/** Older entries are removed. */
const KEPT_ENTRIES = 500;

const readOpen: Read<OpenChanges> = record<OpenChanges>({
  writer: text(),
  startedMs: integer(),
  changes: list(readDnsChange, MAX_CHANGES),
});
const readFormat: Read<1> = (value, at) => {
  integer(1, 1)(value, at);
  return 1;
};
const readHead: Read<JournalHead> = record<JournalHead>({
  format: readFormat,
  zone: readZone,
  provider: text(),
  sequence: integer(),
  open: nullable(readOpen),
});
const readEntry: Read<LogEntry> = record<LogEntry>({
  format: readFormat,
  writer: text(),
  startedMs: integer(),
  endedMs: integer(),
  isResumed: (value, at) => oneOf("true", "false")(String(value), at) === "true",
  changes: list(
    record<LoggedChange>({
      change: readDnsChange,
      status: oneOf("applied", "overtaken", "refused", "failed", "not-applied"),
      message: nullable(text(8192)),
    }),
    MAX_CHANGES,
  ),
});

/** The journal of one zone of one provider. */
export async function dnsJournal(store: Store, provider: string, zone: Zone): Promise<DnsJournal> {
  // Ids of zones are anything (a path on Azure), keys of the store are not.
  const base = `dns/${(await sha256Hex(`${provider}\n${zone.id}`)).slice(0, 16)}`;
  const texts = textStore(store);
  const logKey = (sequence: number) => `${base}/log/${String(sequence).padStart(10, "0")}`;
  return {
    async readHead() {
      const stored = await texts.getVersioned(`${base}/head`);
      const empty: JournalHead = { format: 1, zone, provider, sequence: 0, open: null };
      if (stored === null) return { head: empty, version: null };
      const parsed = parse(readHead, stored.text);
      if (!parsed.ok) throw new Error(`Cannot read the DNS journal "${base}/head" of ${store.name}: ${parsed.problem}`);
      return { head: parsed.value, version: stored.version };
    },
    writeHead: (head, version) => texts.put(`${base}/head`, JSON.stringify(head), { version }),
    async writeLog(sequence, entry) {
      await texts.put(logKey(sequence), JSON.stringify(entry), "any");
      if (sequence > KEPT_ENTRIES) await store.delete(logKey(sequence - KEPT_ENTRIES));
    },
    async *readLog() {
      const keys = await store.list(`${base}/log/`);
      for (const key of keys.toReversed()) {
        const stored = await texts.get(key);
        const parsed = stored === null ? null : parse(readEntry, stored);
        // An entry of a newer format, or one that was removed meanwhile: history has a gap, nothing else.
        if (parsed?.ok === true) yield parsed.value;
      }
    },
  };
}
