/**
 * Zones in files on this machine, one JSON file each: for trying things, for tests, and for whoever feeds a name server
 * from them. Exact: what is there is compared and swapped under a lock that all processes of the machine respect.
 */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { byKey, type RecordMap, sortByKey } from "./standing.ts";
import { type RecordSet, recordKey, type Zone } from "../core/dns/records.ts";
import { readRecordSet } from "../core/dns/record-shapes.ts";
import { list, parse, record } from "../core/snapshot/guard.ts";
import { type MemoryDnsOptions, memoryDns, memoryZones, type MemoryZones } from "./memory.ts";
import type { Patience } from "./pace.ts";
import type { DnsProvider } from "./provider.ts";

export interface FileDnsOptions extends MemoryDnsOptions {
  readonly folder: string;
  readonly zones: readonly Pick<Zone, "name" | "visibility">[];
}

/** What a disk refuses it will refuse in two minutes too; only another writer is worth waiting for. */
const PATIENCE: Patience = { totalMs: 3000, firstDelayMs: 10, maxDelayMs: 300 };
const LOCK_STALE_MS = 10_000;
const LOCK_TRIES = 400;
const MANY = 1_000_000;
const readFileSets = record<{ sets: readonly RecordSet[] }>({ sets: list(readRecordSet, MANY) });

/** A provider over `<folder>/<zone>.json`, or `<zone>.private.json`. A file that is not there is an empty zone. */
export function fileDns({ folder, zones, patience = PATIENCE, ...options }: FileDnsOptions): DnsProvider {
  const provider = memoryDns(fileZones(folder, zones), { ...options, patience });
  return { ...provider, name: `file ${folder}`, capabilities: { ...provider.capabilities, provider: "a zone file" } };
}

function fileZones(folder: string, wanted: readonly Pick<Zone, "name" | "visibility">[]): MemoryZones {
  const zones = wanted.map(({ name, visibility }): Zone => {
    const id = visibility === "public" ? name : `${name}.private`;
    return { name, visibility, id };
  });
  const empty = memoryZones(...zones);
  const seen = new WeakMap<RecordMap, string>();
  const pathOf = (id: string): string => join(folder, `${id}.json`);
  const textOf = async (id: string): Promise<string | null> => {
    try {
      return await readFile(pathOf(id), "utf8");
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };
  const read = async (id: string): Promise<RecordMap | null> => {
    if (!zones.some((zone) => zone.id === id)) return null;
    const text = await textOf(id);
    const map = text === null ? await empty.read(id) : byKey(setsOf(pathOf(id), text));
    if (map !== null) seen.set(map, text ?? "");
    return map;
  };
  return {
    zones,
    read,
    async swap(id, expected, next) {
      await mkdir(folder, { recursive: true });
      return await locked(pathOf(id), async () => {
        if ((await textOf(id)) !== (seen.get(expected) || null)) return false;
        const lines = sortByKey(next.values()).map((set) => JSON.stringify(set));
        await writeFile(`${pathOf(id)}.tmp`, `{"sets":[\n${lines.join(",\n")}\n]}\n`, { flush: true });
        await rename(`${pathOf(id)}.tmp`, pathOf(id));
        return true;
      });
    },
  };
}

function setsOf(path: string, text: string): readonly RecordSet[] {
  const parsed = parse(readFileSets, text);
  if (!parsed.ok) throw new Error(`Cannot read the zone file ${path}: ${parsed.problem}`);
  const keys = new Set(parsed.value.sets.map(recordKey));
  if (keys.size === parsed.value.sets.length) return parsed.value.sets;
  throw new Error(`Cannot read the zone file ${path}: a name, type and set identifier occurs twice`);
}

async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  for (let tries = 1; ; tries += 1) {
    try {
      await (await open(lock, "wx")).close();
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST") || tries > LOCK_TRIES) throw error;
      // Whoever died with the lock in hand has written nothing or everything.
      const age = await stat(lock).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > LOCK_STALE_MS) await rm(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
