/** From a manifest to its slices, one text at a time: the next one is parsed when others have had their turn. */
import type { HostRoutes } from "../model.ts";
import { parse, type Parsed } from "./guard.ts";
import type { Manifest, SliceRef } from "./manifest.ts";
import { joinBase, joinHost, PIECE_CHARACTERS } from "./pieces.ts";
import { type BaseSlice, LIMITS, readBase, readHostRoutes } from "./shapes.ts";
import { parseList, sliceKey } from "./slice-lists.ts";

/** Where texts are read. */
export interface SliceSource {
  /** The text under a key, null when there is none; rejects when the store cannot be reached. */
  get(key: string): Promise<string | null>;
  /** SHA-256, lower-case hex. */
  digest(text: string): Promise<string>;
  /** Lets whatever else there is have its turn; left out where nothing waits. */
  readonly turn?: () => Promise<void>;
  /** Texts that are asked for at the same time, where a platform counts connections. */
  readonly atOnce?: number;
}

/** What was read before, by the hash of its text, or by those of its pieces. */
export interface ParsedSlices {
  readonly lists: ReadonlyMap<string, readonly SliceRef[]>;
  readonly base: { readonly hashes: string; readonly slice: BaseSlice } | null;
  readonly hosts: ReadonlyMap<string, HostRoutes>;
}

export const NOTHING_PARSED: ParsedSlices = { lists: new Map(), base: null, hosts: new Map() };

export type SlicesRead =
  | {
      readonly ok: true;
      readonly base: BaseSlice;
      readonly hosts: readonly HostRoutes[];
      readonly slices: readonly SliceRef[];
      readonly known: ParsedSlices;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

const PARALLEL_READS = 16;
/** Hosts that are put together between two turns of others. */
const BETWEEN_TURNS = 1000;

/** Reads what is not known; rejects only when `source.get` does. */
export async function readSlices(source: SliceSource, manifest: Manifest, known: ParsedSlices): Promise<SlicesRead> {
  const problems: string[] = [];
  const read = reader(source, problems);
  const lists = new Map(known.lists);
  await read(
    manifest.lists.filter((hash) => !lists.has(hash)).map((hash) => ({ key: "list", hash })),
    parseList,
    (hash, refs) => lists.set(hash, refs),
  );
  if (problems.length > 0) return { ok: false, problems };
  const slices =
    manifest.lists.length === 0 ? manifest.slices : manifest.lists.flatMap((hash) => lists.get(hash) ?? []);
  const wanted = grouped(slices);
  const own = wanted.find(({ key }) => key === "base");
  if (own === undefined) return { ok: false, problems: ["the manifest names no base slice"] };

  const bases = new Map<string, BaseSlice>();
  const pieces = new Map<string, HostRoutes>();
  const refs = (one: Wanted) => one.hashes.map((hash) => ({ key: one.key, hash }));
  if (known.base?.hashes !== own.id)
    await read(
      refs(own),
      (text) => parse(readBase, text),
      (hash, piece) => bases.set(hash, piece),
    );
  const isNew = (one: Wanted) => one !== own && !known.hosts.has(one.id);
  await read(
    wanted.filter(isNew).flatMap(refs),
    (text) => parse(readHostRoutes, text),
    (hash, piece) => pieces.set(hash, piece),
  );
  if (problems.length > 0) return { ok: false, problems };

  const [first, ...others] = own.hashes.flatMap((hash) => bases.get(hash) ?? []);
  const base = first === undefined ? known.base?.slice : joinBase([first, ...others]);
  if (base === undefined) return { ok: false, problems: ["the base slice is missing"] };
  const hosts = new Map<string, HostRoutes>();
  for (const [index, one] of wanted.entries()) {
    if (index % BETWEEN_TURNS === BETWEEN_TURNS - 1) await source.turn?.();
    if (one === own) continue;
    const [head, ...tail] = one.hashes.flatMap((hash) => pieces.get(hash) ?? []);
    const host = known.hosts.get(one.id) ?? (head === undefined ? undefined : joinHost([head, ...tail]));
    if (host?.host === one.key) hosts.set(one.id, host);
    else problems.push(`slice "${one.key}" is about "${host?.host}"`);
  }
  if (problems.length > 0) return { ok: false, problems };
  const kept = new Map(manifest.lists.map((hash) => [hash, lists.get(hash) ?? []]));
  const parsed = { lists: kept, base: { hashes: own.id, slice: base }, hosts };
  return { ok: true, base, hosts: [...hosts.values()], slices, known: parsed };
}

type Reader = <T>(
  refs: readonly SliceRef[],
  parsed: (text: string) => Parsed<T>,
  take: (hash: string, value: T) => void,
) => Promise<void>;

/** Reads texts some at once, and parses them one after the other. */
function reader(source: SliceSource, problems: string[]): Reader {
  const { atOnce = PARALLEL_READS } = source;
  let sinceTurn = 0;
  const checked = async ({ key, hash }: SliceRef): Promise<string | null> => {
    const text = await source.get(sliceKey(hash));
    if (text === null) problems.push(`slice "${key}" is missing`);
    else if (text.length > LIMITS.sliceCharacters) problems.push(`slice "${key}" is too large`);
    else if ((await source.digest(text)) !== hash) problems.push(`slice "${key}" has another hash`);
    else return text;
    return null;
  };
  return async (refs, parsed, take) => {
    for (let from = 0; from < refs.length; from += atOnce) {
      const batch = refs.slice(from, from + atOnce);
      const texts = await Promise.all(batch.map(checked));
      for (const [index, { key, hash }] of batch.entries()) {
        const text = texts[index] ?? null;
        if (text === null) continue;
        sinceTurn += text.length;
        if (sinceTurn > PIECE_CHARACTERS) {
          sinceTurn = text.length;
          await source.turn?.();
        }
        const value = parsed(text);
        if (value.ok) take(hash, value.value);
        else problems.push(`slice "${key}": ${value.problem}`);
      }
    }
  };
}

interface Wanted {
  readonly key: string;
  readonly hashes: readonly string[];
  /** Of one host: the same ones in the same order are the same host. */
  readonly id: string;
}

/** Pieces of the same key stand together. */
function grouped(refs: readonly SliceRef[]): readonly Wanted[] {
  const wanted: Wanted[] = [];
  for (const { key, hash } of refs) {
    const last = wanted.at(-1);
    if (last?.key !== key) wanted.push({ key, hashes: [hash], id: hash });
    else wanted[wanted.length - 1] = { key, hashes: [...last.hashes, hash], id: `${last.id} ${hash}` };
  }
  return wanted;
}
