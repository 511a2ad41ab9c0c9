/**
 * Checks of a MaxMind DB file before anybody relies on it: the package opens files that are cut short or corrupt and
 * answers plausibly from them (reference/geo.md §1), and its own watcher ends the process on a bad one.
 */
import { Reader, type Response } from "maxmind";

/** An opened file that passed. */
export interface VerifiedMmdb {
  readonly get: (address: string) => unknown;
  /** Bits of the address's network in the search tree. */
  readonly prefixLength: (address: string) => number;
  readonly ipVersion: 4 | 6;
  readonly databaseType: string;
  /** ms since the epoch; null when the file's own number is nonsense. */
  readonly builtAtMs: number | null;
}

const SEPARATOR = 16;
const HALF_CACHE = 8192;
/** One address of every first octet that is in use, and some IPv6: each is decoded to the end. */
const PROBES = [
  ...Array.from({ length: 28 }, (_, index) => `${1 + index * 8}.1.1.1`),
  "2001:db8::1",
  "2a00::1",
  "2600::1",
  "2400::1",
];

/** Opens and checks; throws an Error that says what is wrong. */
export function verifyMmdb(bytes: Buffer): VerifiedMmdb {
  const reader = new Reader<Response>(bytes, { cache: recordCache() });
  const { metadata } = reader;
  const { nodeCount, recordSize, ipVersion, binaryFormatMajorVersion, databaseType } = metadata;
  if (binaryFormatMajorVersion !== 2) throw new Error(`its format version is ${binaryFormatMajorVersion}, not 2`);
  if (recordSize !== 24 && recordSize !== 28 && recordSize !== 32) throw new Error(`its record size is ${recordSize}`);
  if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`its IP version is ${String(ipVersion)}`);
  const treeBytes = (nodeCount * recordSize) / 4;
  if (!Number.isInteger(treeBytes) || nodeCount < 1 || treeBytes + SEPARATOR > bytes.length) {
    throw new Error(`its search tree of ${nodeCount} nodes does not fit into ${bytes.length} bytes`);
  }
  if (bytes.subarray(treeBytes, treeBytes + SEPARATOR).some((byte) => byte !== 0)) {
    throw new Error("its search tree does not end where it says");
  }
  for (const probe of PROBES) if (ipVersion === 6 || !probe.includes(":")) reader.get(probe);
  const builtAtMs = metadata.buildEpoch.getTime();
  return {
    get: (address) => reader.get(address),
    prefixLength: (address) => reader.getWithPrefixLength(address)[1],
    ipVersion,
    databaseType,
    builtAtMs: Number.isFinite(builtAtMs) && builtAtMs > 0 ? builtAtMs : null,
  };
}

/** Networks share records, so decoded ones are kept by their place in the file; two halves keep it bounded. */
function recordCache(): { get(key: string | number): unknown; set(key: string | number, value: unknown): void } {
  let young = new Map<string | number, unknown>();
  let old = young;
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= HALF_CACHE) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
  };
}
