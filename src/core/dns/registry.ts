/**
 * Whose record sets are whose, in mode `native`: one TXT set per name, at `_portolan.<name>`, with one value per owner
 * and set. It says what each owner contributes, so that two controls can publish one name together and each can take
 * back its own part. Unlike external-dns' TXT it cannot collide with a CNAME, has a fixed name, and changes whenever
 * the set changes: who compares and swaps it has fenced the whole name.
 */
import { compareText } from "../match-route.ts";
import { canonicalJson } from "../snapshot/canonical.ts";
import type { RecordSet } from "./records.ts";
import { txtText, txtValue } from "./txt-text.ts";

/** What one owner wants of one set. */
export interface Contribution {
  /** Owner id of a control function. */
  readonly owner: string;
  /** `kind/namespace/name` of the objects that asked, sorted. */
  readonly resources: readonly string[];
  /** Since when this owner has contributed, in whole seconds since the epoch. */
  readonly sinceSeconds: number;
  /** The set as this owner would write it alone. */
  readonly set: RecordSet;
}

/** A name's ownership. `unreadable` values come from a newer Portolan or from someone else: the name is left alone. */
export interface Ownership {
  readonly contributions: readonly Contribution[];
  readonly unreadable: readonly string[];
}

const LABEL = "_portolan";
const FORMAT = "1";
/** Nobody needs ownership before a name has records: nothing changes with the zone's own TTL. */
const REGISTRY_TTL_SECONDS = 300;

/** Where the ownership of a name is kept. `*` in the middle of a name is no wildcard, hence its stand-in. */
export function registryNameOf(name: string): string {
  return name === "*" || name.startsWith("*.") ? `${LABEL}._wildcard${name.slice(1)}` : `${LABEL}.${name}`;
}

/** The name a registry TXT speaks of, or null for any other name. */
export function subjectOfRegistry(registryName: string): string | null {
  if (!registryName.startsWith(`${LABEL}.`)) return null;
  const rest = registryName.slice(LABEL.length + 1);
  return rest.startsWith("_wildcard.") ? `*${rest.slice("_wildcard".length)}` : rest;
}

/** The TXT set that keeps these contributions; null when there are none. */
export function registrySet(name: string, ownership: Ownership): RecordSet | null {
  const texts = ownership.contributions.map((one) => txtValue(contributionText(one)));
  const values = [...new Set([...texts, ...ownership.unreadable])].sort(compareText);
  if (values.length === 0) return null;
  return {
    name: registryNameOf(name),
    type: "TXT",
    ttlSeconds: REGISTRY_TTL_SECONDS,
    values,
    setIdentifier: null,
    policy: null,
    healthCheckId: null,
    alias: null,
    properties: [],
  };
}

/** Reads a registry TXT set; total, since anybody may write into a zone. */
export function readOwnership(name: string, set: RecordSet | null): Ownership {
  const contributions: Contribution[] = [];
  const unreadable: string[] = [];
  for (const value of set?.values ?? []) {
    const read = readContribution(name, txtText(value) ?? "");
    if (read === null) unreadable.push(value);
    else contributions.push(read);
  }
  return { contributions, unreadable };
}

function contributionText({ owner, resources, sinceSeconds, set }: Contribution): string {
  const { alias, healthCheckId, policy, properties } = set;
  const isPlain = alias === null && healthCheckId === null && policy === null && properties.length === 0;
  const fields: [string, string][] = [
    ["portolan", FORMAT],
    ["owner", encode(owner)],
    ["since", String(sinceSeconds)],
    ["resources", resources.map(encode).join(",")],
    ["type", set.type],
    ["set", set.setIdentifier === null ? "" : encode(set.setIdentifier)],
    ["ttl", set.ttlSeconds === null ? "" : String(set.ttlSeconds)],
    ["values", set.values.map(encode).join(",")],
    ["more", isPlain ? "" : encode(canonicalJson({ alias, healthCheckId, policy, properties }))],
  ];
  return fields.map(([key, value]) => `${key}=${value}`).join(" ");
}

function readContribution(name: string, text: string): Contribution | null {
  const fields = new Map(
    text.split(" ").map((field): [string, string] => {
      const equals = field.indexOf("=");
      return [field.slice(0, equals), field.slice(equals + 1)];
    }),
  );
  const field = (key: string): string => decode(fields.get(key) ?? "");
  const list = (key: string): string[] =>
    (fields.get(key) ?? "")
      .split(",")
      .filter((one) => one !== "")
      .map(decode);
  const since = fields.get("since") ?? "";
  if (fields.get("portolan") !== FORMAT || field("owner") === "" || field("type") === "" || !/^\d{1,15}$/.test(since)) {
    return null;
  }
  const ttl = field("ttl");
  const set: RecordSet = {
    name,
    type: field("type"),
    ttlSeconds: ttl === "" ? null : Number(ttl),
    values: list("values"),
    setIdentifier: field("set") === "" ? null : field("set"),
    policy: null,
    healthCheckId: null,
    alias: null,
    properties: [],
  };
  const more = readMore(field("more"));
  if (more === null || Number.isNaN(set.ttlSeconds)) return null;
  return { owner: field("owner"), resources: list("resources"), sinceSeconds: Number(since), set: { ...set, ...more } };
}

type More = Pick<RecordSet, "alias" | "healthCheckId" | "policy" | "properties">;

/** What was written by `contributionText`; anything else makes the value unreadable, and so the name untouchable. */
function readMore(text: string): Partial<More> | null {
  if (text === "") return {};
  try {
    const more = JSON.parse(text) as Partial<More> | null;
    return typeof more === "object" && Array.isArray(more?.properties) && more.policy !== undefined ? more : null;
  } catch {
    return null;
  }
}

/** Percent-encodes what would end a field, a list or a string; lone surrogates become U+FFFD first. */
function encode(text: string): string {
  if (/^[A-Za-z0-9._:/*-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replaceAll("%3A", ":").replaceAll("%2F", "/");
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
