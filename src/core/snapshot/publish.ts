/**
 * From a snapshot to the store: slices first, under their own hashes, then one manifest by compare-and-set. A reader
 * sees the old snapshot or the new one, never a mixture, wherever a writer dies (FM16, DESIGN.md rule 5).
 */
import type { Snapshot, Version } from "../model.ts";
import { canonicalJson } from "./canonical.ts";
import { parse } from "./guard.ts";
import { envelopeText, FORMAT, type Manifest, manifestText, SIGNED_HOP, type SliceRef } from "./manifest.ts";
import { LIMITS, readBase, readHostRoutes } from "./shapes.ts";

export interface Slice {
  readonly key: string;
  readonly text: string;
}

/** The deterministic texts of a snapshot. Throws RangeError when an edge could not load it: same limits, same code. */
export function snapshotSlices(snapshot: Snapshot): readonly Slice[] {
  if (snapshot.hosts.length > LIMITS.hosts) {
    throw new RangeError(
      `Cannot publish the snapshot: it has ${snapshot.hosts.length} hosts of at most ${LIMITS.hosts}`,
    );
  }
  const { hosts, ...base } = snapshot;
  const slices = [slice("base", base, parse(readBase, canonicalJson(base)))];
  for (const host of [...hosts].sort((a, b) => (a.host < b.host ? -1 : 1))) {
    slices.push(slice(host.host, host, parse(readHostRoutes, canonicalJson(host))));
  }
  return slices;
}

function slice(key: string, value: unknown, dryRun: { ok: boolean; problem?: string }): Slice {
  if (!dryRun.ok) throw new RangeError(`Cannot publish slice "${key}": ${dryRun.problem}`);
  const json = canonicalJson(value);
  if (json.length > LIMITS.sliceCharacters) {
    throw new RangeError(
      `Cannot publish slice "${key}": ${json.length} characters of at most ${LIMITS.sliceCharacters}`,
    );
  }
  return { key, text: json };
}

/** A slice with the hash that it is stored under. */
export type HashedSlice = Slice & { readonly hash: string };

/** The slices of a snapshot under their hashes: the work of publishing that does not depend on the store. */
export async function hashedSlices(
  snapshot: Snapshot,
  digest: (text: string) => Promise<string>,
): Promise<readonly HashedSlice[]> {
  return await Promise.all(snapshotSlices(snapshot).map(async (one) => ({ ...one, hash: await digest(one.text) })));
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
  const refs: SliceRef[] = [];
  for (const { key, text, hash } of options.slices ?? (await hashedSlices(snapshot, sink.digest))) {
    if (!options.knownSlices.has(hash)) await sink.put(`slices/${hash}`, text, "any");
    refs.push({ key, hash });
  }
  const manifest: Manifest = {
    format: FORMAT,
    features: snapshot.clusters.some(({ gateway }) => gateway?.signed) ? [SIGNED_HOP] : [],
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
