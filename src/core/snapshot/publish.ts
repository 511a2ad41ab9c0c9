/**
 * From a snapshot to the store: slices first, under their own hashes, then one manifest by compare-and-set. A reader
 * sees the old snapshot or the new one, never a mixture, wherever a writer dies (FM16, DESIGN.md rule 5).
 */
import type { HostRoutes, Snapshot, Version } from "../model.ts";
import { canonicalJson } from "./canonical.ts";
import { type Read, ShapeProblem } from "./guard.ts";
import { envelopeText, featuresOf, FORMAT, type Manifest, manifestText, type SliceRef } from "./manifest.ts";
import { LIMITS, readBase, readHostRoutes } from "./shapes.ts";

export interface Slice {
  readonly key: string;
  readonly text: string;
}

/** The deterministic texts of a snapshot. Throws RangeError when an edge could not load it: same limits, same code. */
export function snapshotSlices(snapshot: Snapshot): readonly Slice[] {
  return [baseSlice(snapshot), ...sortedHosts(snapshot).map(hostSlice)];
}

function sortedHosts({ hosts }: Snapshot): readonly HostRoutes[] {
  if (hosts.length > LIMITS.hosts) {
    throw new RangeError(`Cannot publish the snapshot: it has ${hosts.length} hosts of at most ${LIMITS.hosts}`);
  }
  return hosts.toSorted((a, b) => (a.host < b.host ? -1 : 1));
}

function baseSlice({ hosts: _hosts, ...base }: Snapshot): Slice {
  return slice("base", base, readBase);
}

function hostSlice(host: HostRoutes): Slice {
  return slice(host.host, host, readHostRoutes);
}

function slice(key: string, value: unknown, read: Read<unknown>): Slice {
  const problem = shapeProblem(value, read);
  if (problem !== null) throw new RangeError(`Cannot publish slice "${key}": ${problem}`);
  const json = canonicalJson(value);
  if (json.length > LIMITS.sliceCharacters) {
    throw new RangeError(
      `Cannot publish slice "${key}": ${json.length} characters of at most ${LIMITS.sliceCharacters}`,
    );
  }
  return { key, text: json };
}

/** What an edge's reader would say of it. */
function shapeProblem(value: unknown, read: Read<unknown>): string | null {
  try {
    read(value, "");
    return null;
  } catch (error) {
    if (error instanceof ShapeProblem) return error.message;
    throw error;
  }
}

/** A slice under the hash that it is stored under; its text is made again when it is asked for. */
export interface HashedSlice {
  readonly key: string;
  readonly hash: string;
  readonly text: () => string;
}

/** Hashes of hosts that were written out before: a host that is the same object has the same slice. */
export type SliceMemory = WeakMap<HostRoutes, string>;

/** Texts that are hashed or written at the same time. */
const AT_ONCE = 32;

/**
 * The slices of a snapshot under their hashes: most of the work of publishing. Hosts that are not in `memory` go through
 * `write`, if there is one, while their text is at hand.
 */
export async function hashedSlices(
  snapshot: Snapshot,
  digest: (text: string) => Promise<string>,
  memory: SliceMemory = new WeakMap(),
  write: (slice: Slice, hash: string) => Promise<void> = () => Promise.resolve(),
): Promise<readonly HashedSlice[]> {
  const hosts = sortedHosts(snapshot);
  const base = baseSlice(snapshot);
  await atOnce(
    hosts.filter((host) => !memory.has(host)),
    async (host) => {
      const fresh = hostSlice(host);
      const hash = await digest(fresh.text);
      await write(fresh, hash);
      memory.set(host, hash);
    },
  );
  const slices: HashedSlice[] = [{ key: base.key, hash: await digest(base.text), text: () => base.text }];
  for (const host of hosts) {
    slices.push({ key: host.host, hash: memory.get(host) ?? "", text: () => hostSlice(host).text });
  }
  return slices;
}

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}

/** Where a slice is kept. */
export function sliceKey(hash: string): string {
  return `slices/${hash}`;
}

/** Where the manifest of a generation is kept; the order of these keys is the order of versions. */
export function generationKey({ epoch, generation }: Version): string {
  return `manifests/${epoch}-${String(generation).padStart(10, "0")}`;
}

export interface SnapshotSink {
  /** Writes under a condition, as `Store.put` does: `any`, or the version that must be current. */
  put(key: string, text: string, condition: "any" | { readonly version: string | null }): Promise<string | null>;
  digest(text: string): Promise<string>;
  /** Null leaves the manifest unsigned. */
  readonly sign: ((text: string) => Promise<{ readonly keyId: string; readonly signature: string }>) | null;
}

export interface PublishOptions extends Version {
  readonly audience: string;
  readonly publishedAtMs: number;
  /** Store version of the manifest that this one replaces, null for the first: the fence. */
  readonly replaces: string | null;
  /** Hashes that the store is known to hold already. */
  readonly knownSlices: ReadonlySet<string>;
  /** The snapshot's slices where the caller has them already. */
  readonly slices?: readonly HashedSlice[];
}

export interface Published {
  readonly manifest: Manifest;
  readonly hash: string;
  /** Store version of the manifest now. */
  readonly version: string;
}

/** Publishes; null when another writer was faster and nothing but unreferenced slices was written. */
export async function publishSnapshot(
  sink: SnapshotSink,
  snapshot: Snapshot,
  options: PublishOptions,
): Promise<Published | null> {
  const slices = options.slices ?? (await hashedSlices(snapshot, sink.digest));
  await atOnce(
    slices.filter(({ hash }) => !options.knownSlices.has(hash)),
    async ({ text, hash }) => void (await sink.put(sliceKey(hash), text(), "any")),
  );
  const refs: readonly SliceRef[] = slices.map(({ key, hash }) => ({ key, hash }));
  const manifest: Manifest = {
    format: FORMAT,
    features: featuresOf(snapshot.clusters),
    audience: options.audience,
    epoch: options.epoch,
    generation: options.generation,
    publishedAtMs: options.publishedAtMs,
    slices: refs,
  };
  const payload = manifestText(manifest);
  const signed = sink.sign === null ? { keyId: null, signature: null } : await sink.sign(payload);
  const envelope = envelopeText({ payload, ...signed });
  const version = await sink.put("manifest", envelope, { version: options.replaces });
  if (version === null) return null;
  // Kept beside the live one: the last generations are what a rollback republishes.
  await sink.put(generationKey(options), envelope, "any");
  return { manifest, hash: await sink.digest(payload), version };
}
