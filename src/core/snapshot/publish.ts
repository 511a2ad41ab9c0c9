/**
 * From a snapshot to the store: slices first, under their own hashes, then one manifest by compare-and-set. A reader
 * sees the old snapshot or the new one, never a mixture, wherever a writer dies (FM16, DESIGN.md rule 5).
 */
import type { HostRoutes, Snapshot, Version } from "../model.ts";
import { canonicalJson } from "./canonical.ts";
import { type Read, ShapeProblem } from "./guard.ts";
import {
  envelopeText,
  featuresOf,
  FORMAT,
  type Manifest,
  manifestText,
  PIECES,
  refsText,
  type SliceRef,
} from "./manifest.ts";
import { cutBase, cutHost, PIECE_CHARACTERS } from "./pieces.ts";
import { LIMITS, readBase, readHostRoutes } from "./shapes.ts";
import { cutRefs, sliceKey } from "./slice-lists.ts";

export interface Slice {
  readonly key: string;
  readonly text: string;
}

/** The deterministic texts of a snapshot. Throws RangeError when an edge could not load it: same limits, same code. */
export function snapshotSlices(snapshot: Snapshot): readonly Slice[] {
  return [...baseSlices(snapshot), ...sortedHosts(snapshot).flatMap(hostSlices)];
}

function sortedHosts({ hosts }: Snapshot): readonly HostRoutes[] {
  if (hosts.length > LIMITS.hosts) {
    throw new RangeError(`Cannot publish the snapshot: it has ${hosts.length} hosts of at most ${LIMITS.hosts}`);
  }
  return hosts.toSorted((a, b) => (a.host < b.host ? -1 : 1));
}

function baseSlices({ hosts: _hosts, ...base }: Snapshot): readonly Slice[] {
  return slices("base", base, readBase, cutBase);
}

function hostSlices(host: HostRoutes): readonly Slice[] {
  return slices(host.host, host, readHostRoutes, cutHost);
}

function slices<T>(key: string, value: T, read: Read<T>, cut: (value: T) => readonly T[]): readonly Slice[] {
  const problem = shapeProblem(value, read);
  if (problem !== null) throw new RangeError(`Cannot publish slice "${key}": ${problem}`);
  const json = canonicalJson(value);
  if (json.length <= PIECE_CHARACTERS) return [{ key, text: json }];
  return cut(value).map((piece) => {
    const text = canonicalJson(piece);
    if (text.length > LIMITS.sliceCharacters) {
      throw new RangeError(
        `Cannot publish slice "${key}": a piece of it has ${text.length} characters of at most ${LIMITS.sliceCharacters}`,
      );
    }
    return { key, text };
  });
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

/** Hashes of hosts that were written out before: a host that is the same object has the same slices. */
export type SliceMemory = WeakMap<HostRoutes, readonly string[]>;

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
  await atOnce(
    hosts.filter((host) => !memory.has(host)),
    async (host) => {
      const hashes: string[] = [];
      for (const fresh of hostSlices(host)) {
        const hash = await digest(fresh.text);
        await write(fresh, hash);
        hashes.push(hash);
      }
      memory.set(host, hashes);
    },
  );
  const hashed: HashedSlice[] = [];
  for (const { key, text } of baseSlices(snapshot)) hashed.push({ key, hash: await digest(text), text: () => text });
  for (const host of hosts) {
    const own = memory.get(host) ?? [];
    let pieces: readonly Slice[] | null = null;
    const text = (index: number) => {
      const made = pieces ?? hostSlices(host);
      // Of one that is cut the other pieces are asked for next.
      if (own.length > 1) pieces = made;
      return made[index]?.text ?? "";
    };
    for (const [index, one] of own.entries()) hashed.push({ key: host.host, hash: one, text: () => text(index) });
  }
  return hashed;
}

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
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
  const write = async (hash: string, text: () => string): Promise<void> => {
    if (!options.knownSlices.has(hash)) await sink.put(sliceKey(hash), text(), "any");
  };
  await atOnce(slices, ({ hash, text }) => write(hash, text));
  const refs: readonly SliceRef[] = slices.map(({ key, hash }) => ({ key, hash }));
  const lists: string[] = [];
  for (const list of cutRefs(refs)) {
    const text = refsText(list);
    const hash = await sink.digest(text);
    await write(hash, () => text);
    lists.push(hash);
  }
  const isInPieces = lists.length > 0 || refs.some(({ key }, index) => key === refs[index + 1]?.key);
  const manifest: Manifest = {
    format: FORMAT,
    features: [...featuresOf(snapshot.clusters), ...(isInPieces ? [PIECES] : [])],
    audience: options.audience,
    epoch: options.epoch,
    generation: options.generation,
    publishedAtMs: options.publishedAtMs,
    slices: refs,
    lists,
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
