/**
 * From the store to a snapshot, on every edge and in control's dry run. A snapshot that cannot be fully loaded is
 * not loaded (DESIGN.md rule 2): whatever is wrong, the answer is a list of problems and the caller keeps what it has.
 */
import type { Snapshot } from "../model.ts";
import { NOTHING_PARSED, type ParsedSlices, readSlices, type SliceSource } from "./load-slices.ts";
import {
  compareVersions,
  FORMAT,
  KNOWN_FEATURES,
  type Manifest,
  parseSigned,
  readManifestText,
  type Signed,
} from "./manifest.ts";
import { type BaseSlice, LIMITS } from "./shapes.ts";

export interface SnapshotSource extends SliceSource {
  /** Null accepts unsigned manifests: only for a store that nobody else can write. */
  readonly verify: ((text: string, keyId: string, signature: string) => Promise<boolean>) | null;
  readonly audience: string;
  /** Features that this reader cannot carry out as it is set up, and why, as a clause; one that only reads lacks none. */
  readonly lacking?: Readonly<Record<string, string>>;
}

export interface LoadedSnapshot {
  readonly manifest: Manifest;
  /** Hash of the manifest's text; equal on all edges that serve the same configuration version. */
  readonly hash: string;
  readonly snapshot: Snapshot;
  readonly base: BaseSlice;
  /** What was parsed, by its hashes, so that the next load reads only what changed. */
  readonly known: ParsedSlices;
}

export type LoadResult =
  | { readonly result: "loaded"; readonly loaded: LoadedSnapshot }
  | { readonly result: "unchanged" }
  | { readonly result: "absent" }
  | { readonly result: "refused"; readonly problems: readonly string[] };

/** Reads the newest snapshot; `previous` is what the caller serves now. Rejects only when `source.get` does. */
export async function loadSnapshot(source: SnapshotSource, previous: LoadedSnapshot | null): Promise<LoadResult> {
  const stored = await source.get("manifest");
  if (stored === null) return { result: "absent" };
  if (stored.length > 2 * LIMITS.sliceCharacters) return refused("manifest: it is too large");
  const outer = parseSigned(stored);
  if (!outer.ok) return refused(`manifest: ${outer.problem}`);
  const { value: envelope } = outer;
  const hash = await source.digest(envelope.payload);
  if (previous !== null && previous.hash === hash) return { result: "unchanged" };
  const inner = readManifestText(envelope.payload);
  if (!inner.ok) return refused(`manifest: ${inner.problem}`);
  const { value: manifest } = inner;
  const problem = whyNot(manifest, source, previous);
  if (problem !== null) return refused(problem);
  if (source.verify !== null) {
    const { keyId, signature } = envelope;
    if (keyId === null || signature === null) return refused("the manifest is not signed");
    if (!(await source.verify(envelope.payload, keyId, signature))) {
      return refused(`the signature by key "${keyId}" does not verify`);
    }
  }
  const read = await readSlices(source, manifest, previous?.known ?? NOTHING_PARSED);
  if (!read.ok) return { result: "refused", problems: read.problems };
  const { base, hosts, slices, known } = read;
  const whole = { ...manifest, slices };
  return { result: "loaded", loaded: { manifest: whole, hash, snapshot: { ...base, hosts }, base, known } };
}

/** Why an edge may not use what says this about itself; null when it may. */
export function whyNot(
  manifest: Signed,
  { audience, lacking }: SnapshotSource,
  previous: LoadedSnapshot | null,
): string | null {
  if (manifest.format !== FORMAT) return `format ${manifest.format} is not ${FORMAT}`;
  for (const feature of manifest.features) {
    const why = KNOWN_FEATURES.includes(feature) ? lacking?.[feature] : "which this edge does not have";
    if (why !== undefined) return `it requires the feature "${feature}", ${why}`;
  }
  if (manifest.audience !== audience) return `it is meant for "${manifest.audience}", not for "${audience}"`;
  if (previous !== null && compareVersions(manifest, previous.manifest) <= 0) {
    // FM15: eventually consistent stores show older values; a rollback comes under a new generation.
    return `version ${manifest.epoch}.${manifest.generation} is not newer than ${previous.manifest.epoch}.${previous.manifest.generation}`;
  }
  return null;
}

function refused(problem: string): LoadResult {
  return { result: "refused", problems: [problem] };
}
