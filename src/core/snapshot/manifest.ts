/**
 * The manifest: small, signed, and the only thing that moves. It names the hash of every slice, so that a slice
 * verifies alone and a rollback is a new manifest over old slices.
 */
import type { Cluster, Version } from "../model.ts";
import { canonicalJson } from "./canonical.ts";
import { integer, list, nullable, orDefault, parse, type Parsed, type Read, record, sha256, text } from "./guard.ts";
import { LIMITS } from "./shapes.ts";

/** A cluster's gateway wants signed requests: an edge without a key could reach it with none. */
export const SIGNED_HOP = "signed-hop";

/** Lists of slices, and hosts in pieces: a reader that knows neither would serve a part of what is published. */
export const PIECES = "pieces";

/** The format this code writes, and the features that a reader must know to be allowed to use a snapshot. */
export const FORMAT = 1;
export const KNOWN_FEATURES: readonly string[] = [SIGNED_HOP, PIECES];

export interface SliceRef {
  /** `base` or the host; the same one again for each further piece (`pieces.ts`). */
  readonly key: string;
  /** SHA-256 of the slice's text, hex. */
  readonly hash: string;
}

export interface Manifest extends Version {
  readonly format: number;
  /** Features a reader must have; one it does not know makes it keep what it has. */
  readonly features: readonly string[];
  /** Fleet of edges it is meant for. */
  readonly audience: string;
  readonly publishedAtMs: number;
  readonly slices: readonly SliceRef[];
  /** Hashes of the lists that hold `slices` when these are too many for the manifest itself (`slice-lists.ts`). */
  readonly lists: readonly string[];
}

/** A manifest or a part, but for what it holds. */
export type Signed = Omit<Manifest, "slices" | "lists">;

/** What is stored under `manifest`: the manifest's exact text, so that the signature is over bytes and not values. */
export interface Envelope {
  readonly payload: string;
  readonly keyId: string | null;
  readonly signature: string | null;
}

export const readSliceRefs: Read<readonly SliceRef[]> = list(
  record<SliceRef>({ key: text(253), hash: sha256 }),
  LIMITS.slicesPerList,
);

/** What everything that is signed says of itself. */
export const SIGNED_FIELDS: { readonly [K in keyof Signed]: Read<Signed[K]> } = {
  format: integer(),
  features: list(text(64), 100),
  audience: text(253),
  epoch: integer(),
  generation: integer(),
  publishedAtMs: integer(),
};

const readManifest: Read<Manifest> = record<Manifest>({
  ...SIGNED_FIELDS,
  slices: readSliceRefs,
  lists: orDefault(list(sha256, LIMITS.lists), []),
});

const readEnvelope: Read<Envelope> = record<Envelope>({
  payload: text(LIMITS.sliceCharacters),
  keyId: nullable(text(253)),
  signature: nullable(text(1024)),
});

/** Text whose hash names the snapshot and which is signed; without the slices that stand in lists. */
export function manifestText(manifest: Manifest): string {
  const refs = manifest.lists.length === 0 ? refsText(manifest.slices) : "[]";
  return `${canonicalJson({ ...manifest, slices: [] }).slice(0, -3)}${refs}}`;
}

/** References as JSON. Ten thousand through a canonical writer would take as long as all the rest of publishing. */
export function refsText(refs: readonly SliceRef[]): string {
  return `[${refs.map(({ key, hash }) => `{"hash":"${hash}","key":${JSON.stringify(key)}}`).join(",")}]`;
}

export function envelopeText(envelope: Envelope): string {
  return canonicalJson(envelope);
}

/** What an edge has to know for these clusters. */
export function featuresOf(clusters: readonly Cluster[]): readonly string[] {
  return clusters.some(({ gateway }) => gateway?.signed) ? [SIGNED_HOP] : [];
}

/** The outer layer of what is signed; total. */
export function parseSigned(json: string): Parsed<Envelope> {
  return parse(readEnvelope, json);
}

/** The inner layer: the payload of an envelope; total. */
export function readManifestText(payload: string): Parsed<Manifest> {
  return parse(readManifest, payload);
}

/** Both layers of what is stored; total. */
export function parseEnvelope(
  json: string,
):
  | { readonly ok: true; readonly envelope: Envelope; readonly manifest: Manifest }
  | { readonly ok: false; readonly problem: string } {
  const envelope = parseSigned(json);
  if (!envelope.ok) return envelope;
  const manifest = parse(readManifest, envelope.value.payload);
  if (!manifest.ok) return manifest;
  return { ok: true, envelope: envelope.value, manifest: manifest.value };
}

/** Negative, zero or positive: epoch first, then generation. */
export function compareVersions(a: Version, b: Version): number {
  return a.epoch - b.epoch || a.generation - b.generation;
}
