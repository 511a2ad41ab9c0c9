import { causeOf } from "../core/cause.ts";
import { readFile, stat } from "node:fs/promises";
import { keptByObject } from "../core/kept-by-object.ts";
import { locationOfRecord } from "./record.ts";
import type { Locator } from "./locator.ts";
import { type VerifiedMmdb, verifyMmdb } from "./verify-mmdb.ts";

export interface MaxmindOptions {
  /** How often the file is looked at, in ms; 0 never. */
  readonly pollIntervalMs?: number;
  /** Told when a new version of the file was refused; the old one stays in use. */
  readonly onProblem?: (message: string) => void;
}

/**
 * A database file in MaxMind's format. A new version is read into new memory, checked, and only then swapped in; a bad
 * one never replaces a good one. Rejects when there is no good file at the start.
 */
export async function maxmindLocator(path: string, options: MaxmindOptions = {}): Promise<Locator> {
  const { pollIntervalMs = 5000, onProblem = () => undefined } = options;
  let signature = await signatureOf(path);
  let database: VerifiedMmdb = verifyMmdbFile(
    path,
    await readFile(path).catch((cause: unknown) => unreadable(path, cause)),
  );

  // The reader hands out the same record for all addresses of a network; it is read once.
  const locationOf = keptByObject((record: object) => locationOfRecord(record));

  const reload = async () => {
    const next = await signatureOf(path);
    if (next === null || next === signature) return;
    signature = next;
    const candidate = verifyMmdbFile(path, await readFile(path));
    if (candidate.databaseType !== database.databaseType) {
      throw new Error(
        `Cannot use the new GeoIP database "${path}": it is ${candidate.databaseType}, the old one ${database.databaseType}`,
      );
    }
    if (candidate.builtAtMs !== null && database.builtAtMs !== null && candidate.builtAtMs < database.builtAtMs) {
      throw new Error(`Cannot use the new GeoIP database "${path}": it is older than the one in use`);
    }
    database = candidate;
  };
  const poll = () => void reload().catch((error: unknown) => onProblem(causeOf(error)));
  const timer = pollIntervalMs === 0 ? null : setInterval(poll, pollIntervalMs).unref();
  return {
    name: path,
    get builtAtMs() {
      return database.builtAtMs;
    },
    locate(address) {
      // The package walks the first 32 bits of an IPv6 address in an IPv4 file and finds somebody else.
      if (database.ipVersion === 4 && address.includes(":")) return null;
      try {
        const record: unknown = database.get(address);
        return typeof record === "object" && record !== null ? locationOf(record) : null;
      } catch {
        return null;
      }
    },
    prefixLength(address) {
      if (database.ipVersion === 4 && address.includes(":")) return null;
      try {
        return database.prefixLength(address);
      } catch {
        return null;
      }
    },
    close: () => {
      if (timer !== null) clearInterval(timer);
    },
  };
}

async function signatureOf(path: string): Promise<string | null> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs}/${size}/${ino}`;
  } catch {
    return null;
  }
}

function verifyMmdbFile(path: string, bytes: Buffer): VerifiedMmdb {
  try {
    return verifyMmdb(bytes);
  } catch (cause) {
    const reason = causeOf(cause);
    throw new Error(`Cannot use the GeoIP database "${path}": ${reason}`, { cause });
  }
}

function unreadable(path: string, cause: unknown): never {
  throw new Error(`Cannot read the GeoIP database "${path}": ${causeOf(cause)}`, { cause });
}
