/** From the store to what one request needs: its host's part, found by name in two reads at once, seldom in four. */
import type { Snapshot } from "../model.ts";
import { parse } from "./guard.ts";
import { type LoadedSnapshot, type SnapshotSource, whyNot } from "./load.ts";
import { NOTHING_PARSED } from "./load-slices.ts";
import { parseSigned } from "./manifest.ts";
import { LARGEST_PART_CHARACTERS, type Part, partKey, readPart, REST, REST_KEY } from "./part.ts";

export type PartResult =
  | { readonly result: "loaded"; readonly loaded: LoadedSnapshot }
  | { readonly result: "absent" }
  | { readonly result: "refused"; readonly problems: readonly string[] };

/**
 * What is published about a canonical host: a snapshot of that host, or of none when nobody routes it. Null for the host
 * reads what is there for a request without a usable one. Rejects only when `source.get` does.
 */
export async function loadPart(source: SnapshotSource, host: string | null): Promise<PartResult> {
  const above = host === null ? null : wildcardAbove(host);
  const looking = named(source, above);
  // Whatever becomes of it, it counts only where the host has no part of its own.
  looking.catch(() => undefined);
  const own = await named(source, host);
  // A host that has rules takes the request whole, also when its part cannot be used.
  const found = own.result === "absent" ? await looking : own;
  if (found.result !== "absent") return found;
  const rest = await read(source, REST_KEY, REST);
  if (rest.result !== "read") return rest;
  const deep = host === null ? undefined : deepestOf(rest.part.deep, host);
  if (deep === undefined) return loaded(rest);
  const last = await named(source, deep);
  return last.result === "absent" ? refused(deep, "it is missing") : last;
}

/** As `matchHost` finds it: the longest wildcard, then rules without a host. */
function deepestOf(deep: readonly string[], host: string): string | undefined {
  const known = new Set(deep);
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const name = `*${host.slice(dot)}`;
    if (known.has(name)) return name;
  }
  return known.has("*") ? "*" : undefined;
}

function wildcardAbove(host: string): string | null {
  const dot = host.indexOf(".");
  return dot === -1 ? null : `*${host.slice(dot)}`;
}

type Found =
  | { readonly result: "read"; readonly part: Part; readonly hash: string }
  | Exclude<PartResult, { result: "loaded" }>;

async function named(source: SnapshotSource, name: string | null): Promise<PartResult> {
  if (name === null) return { result: "absent" };
  const found = await read(source, partKey(await source.digest(name)), name);
  return found.result === "read" ? loaded(found) : found;
}

async function read(source: SnapshotSource, key: string, name: string): Promise<Found> {
  const stored = await source.get(key);
  if (stored === null) return { result: "absent" };
  if (stored.length > 2 * LARGEST_PART_CHARACTERS) return refused(name, "it is too large");
  const envelope = parseSigned(stored);
  if (!envelope.ok) return refused(name, envelope.problem);
  const { payload, keyId, signature } = envelope.value;
  if (source.verify !== null) {
    if (keyId === null || signature === null) return refused(name, "it is not signed");
    if (!(await source.verify(payload, keyId, signature))) {
      return refused(name, `the signature by key "${keyId}" does not verify`);
    }
  }
  const part = parse(readPart, payload);
  if (!part.ok) return refused(name, part.problem);
  const problem = part.value.name === name ? whyNot(part.value, source, null) : `it is about "${part.value.name}"`;
  return problem === null
    ? { result: "read", part: part.value, hash: await source.digest(payload) }
    : refused(name, problem);
}

function loaded({ part, hash }: Extract<Found, { result: "read" }>): PartResult {
  const { clusters, hosts, locationOverrides, name: _name, deep: _deep, ...about } = part;
  const base = { clusters, locationOverrides, reservations: [] };
  const snapshot: Snapshot = { ...base, hosts };
  const manifest = { ...about, slices: [], lists: [] };
  return { result: "loaded", loaded: { manifest, hash, snapshot, base, known: NOTHING_PARSED } };
}

function refused(name: string, problem: string): { readonly result: "refused"; readonly problems: readonly string[] } {
  return { result: "refused", problems: [`part "${name}": ${problem}`] };
}
