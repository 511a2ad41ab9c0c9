/**
 * From the store to a snapshot, on every edge and in control's dry run. A snapshot that cannot be fully loaded is
 * not loaded (DESIGN.md rule 2): whatever is wrong, the answer is a list of problems and the caller keeps what it has.
 */
import type { HostRoutes, Snapshot } from "../model.ts";
import { parse } from "./guard.ts";
import { compareVersions, FORMAT, KNOWN_FEATURES, type Manifest, parseSigned, readManifestText } from "./manifest.ts";
import { type BaseSlice, LIMITS, readBase, readHostRoutes } from "./shapes.ts";

export interface SnapshotSource {
  /** The text under a key, null when there is none; rejects when the store cannot be reached. */
  get(key: string): Promise<string | null>;
  /** SHA-256, lower-case hex. */
  digest(text: string): Promise<string>;
  /** Null accepts unsigned manifests: only for a store that nobody else can write. */
  readonly verify: ((text: string, keyId: string, signature: string) => Promise<boolean>) | null;
  readonly audience: string;
  /** Features that this reader cannot carry out as it is set up, and why, as a clause; one that only reads lacks none. */
  readonly lacking?: Readonly<Record<string, string>>;
  /** Lets whatever else there is have its turn; left out where nothing waits. */
  readonly turn?: () => Promise<void>;
}

export interface LoadedSnapshot {
  readonly manifest: Manifest;
  /** Hash of the manifest's text; equal on all edges that serve the same configuration version. */
  readonly hash: string;
  readonly snapshot: Snapshot;
  /** Parsed slices by hash, so that the next load reads only what changed. */
  readonly base: BaseSlice;
  readonly hosts: ReadonlyMap<string, HostRoutes>;
}

export type LoadResult =
  | { readonly result: "loaded"; readonly loaded: LoadedSnapshot }
  | { readonly result: "unchanged" }
  | { readonly result: "absent" }
  | { readonly result: "refused"; readonly problems: readonly string[] };

const PARALLEL_READS = 16;
/** Slices that are parsed between two turns of others. */
const BETWEEN_TURNS = 64;

/** Reads the newest snapshot; `previous` is what the caller serves now. Rejects only when `source.get` does. */
export async function loadSnapshot(source: SnapshotSource, previous: LoadedSnapshot | null): Promise<LoadResult> {
  const stored = await source.get("manifest");
  if (stored === null) return { result: "absent" };
  const outer = parseSigned(stored);
  if (!outer.ok) return refused(`manifest: ${outer.problem}`);
  const { value: envelope } = outer;
  const hash = await source.digest(envelope.payload);
  if (previous !== null && previous.hash === hash) return { result: "unchanged" };
  await source.turn?.();
  const inner = readManifestText(envelope.payload);
  if (!inner.ok) return refused(`manifest: ${inner.problem}`);
  const { value: manifest } = inner;
  await source.turn?.();
  const problem = whyNot(manifest, source, previous);
  if (problem !== null) return refused(problem);
  if (source.verify !== null) {
    const { keyId, signature } = envelope;
    if (keyId === null || signature === null) return refused("the manifest is not signed");
    if (!(await source.verify(envelope.payload, keyId, signature))) {
      return refused(`the signature by key "${keyId}" does not verify`);
    }
  }
  return loadSlices(source, manifest, hash, previous);
}

/** Why an edge may not use what says this about itself; null when it may. */
export function whyNot(
  manifest: Omit<Manifest, "slices">,
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

async function loadSlices(
  source: SnapshotSource,
  manifest: Manifest,
  hash: string,
  previous: LoadedSnapshot | null,
): Promise<LoadResult> {
  const problems: string[] = [];
  const texts = new Map<string, string>();
  const baseRef = manifest.slices.find((slice) => slice.key === "base");
  if (baseRef === undefined) return refused("the manifest names no base slice");
  const known = (ref: { hash: string }) => previous?.hosts.has(ref.hash) === true;
  const wanted = manifest.slices.filter((slice) => !known(slice));
  for (let from = 0; from < wanted.length; from += PARALLEL_READS) {
    const reads = wanted.slice(from, from + PARALLEL_READS).map(async (ref) => {
      const text = await source.get(`slices/${ref.hash}`);
      if (text === null) problems.push(`slice "${ref.key}" is missing`);
      else if (text.length > LIMITS.sliceCharacters) problems.push(`slice "${ref.key}" is too large`);
      else if ((await source.digest(text)) !== ref.hash) problems.push(`slice "${ref.key}" has another hash`);
      else texts.set(ref.hash, text);
    });
    await Promise.all(reads);
    await source.turn?.();
  }
  if (problems.length > 0) return { result: "refused", problems };
  const base = parse(readBase, texts.get(baseRef.hash) ?? "");
  if (!base.ok) return refused(`slice "base": ${base.problem}`);
  const hosts = new Map<string, HostRoutes>();
  for (const [index, ref] of manifest.slices.entries()) {
    if (index % BETWEEN_TURNS === 0) await source.turn?.();
    if (ref === baseRef) continue;
    const kept = previous?.hosts.get(ref.hash);
    const parsed =
      kept === undefined ? parse(readHostRoutes, texts.get(ref.hash) ?? "") : { ok: true as const, value: kept };
    if (!parsed.ok) problems.push(`slice "${ref.key}": ${parsed.problem}`);
    else if (parsed.value.host !== ref.key) problems.push(`slice "${ref.key}" is about "${parsed.value.host}"`);
    else hosts.set(ref.hash, parsed.value);
  }
  if (problems.length > 0) return { result: "refused", problems };
  const snapshot: Snapshot = { ...base.value, hosts: [...hosts.values()] };
  return { result: "loaded", loaded: { manifest, hash, snapshot, base: base.value, hosts } };
}

function refused(problem: string): LoadResult {
  return { result: "refused", problems: [problem] };
}
