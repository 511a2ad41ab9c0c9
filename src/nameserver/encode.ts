/** Sections of an answer on the wire, as they follow the question, with names compressed (RFC 1035 §4.1.4). */
import { byteWriter, unescape } from "../core/dns/wire/bytes.ts";
import { typeName, writeRdata } from "../core/dns/wire/rdata.ts";
import { CLASS_IN, TYPE } from "./query.ts";
import type { Resolution } from "./resolve.ts";
import type { Rrset } from "./zone.ts";

/** What is the same for all who ask the same: everything of an answer but its header, question and OPT. */
export interface Body {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: number;
  readonly authority: number;
  readonly additional: number;
  /** The sections, once for each order of several addresses, so that clients are spread over them. */
  readonly variants: readonly Uint8Array[];
  readonly scope: number | null;
}

const MAX_VARIANTS = 8;
const POINTER = 0xc000;
const QUESTION = 12;

/** Encodes for a question of this canonical name, which stands right behind the header. */
export function encodeBody(name: string, resolution: Resolution): Body {
  const { rcode, authoritative, answers, authority, additional, scope } = resolution;
  const most = Math.max(1, ...answers.map((set) => set.values.length));
  const variants = Array.from({ length: Math.min(most, MAX_VARIANTS) }, (_, turn) =>
    encodeSections(name, [...answers.map((set) => turned(set, turn)), ...authority, ...additional]),
  );
  const count = (sets: readonly Rrset[]): number => sets.reduce((sum, set) => sum + set.values.length, 0);
  return {
    rcode,
    authoritative,
    variants,
    scope,
    answers: count(answers),
    authority: count(authority),
    additional: count(additional),
  };
}

function turned(set: Rrset, turn: number): Rrset {
  const { values } = set;
  const start = turn % Math.max(1, values.length);
  return start === 0 ? set : { ...set, values: [...values.slice(start), ...values.slice(0, start)] };
}

function encodeSections(name: string, sets: readonly Rrset[]): Uint8Array {
  const writer = byteWriter();
  const known = new Map<string, number>();
  const questionBytes = namesOf(name, QUESTION, known);
  const base = QUESTION + questionBytes + 4;
  let written = 0;
  const put = (bytes: number): void => {
    writer.u8(bytes);
    written += 1;
  };
  const putName = (full: string): void => {
    let rest = full;
    while (rest !== "") {
      const at = known.get(rest);
      if (at !== undefined) {
        put((POINTER | at) >>> 8);
        put(at & 0xff);
        return;
      }
      // A pointer has 14 bits.
      if (base + written < POINTER >>> 2) known.set(rest, base + written);
      const dot = rest.indexOf(".");
      const label = unescape(dot === -1 ? rest : rest.slice(0, dot));
      put(label.length);
      for (const byte of label) put(byte);
      rest = dot === -1 ? "" : rest.slice(dot + 1);
    }
    put(0);
  };
  const putBytes = (bytes: Uint8Array): void => {
    writer.bytes(bytes);
    written += bytes.length;
  };
  const putWord = (value: number): void => {
    put(value >>> 8);
    put(value & 0xff);
  };
  for (const { name: owner, type, ttl, values } of sets) {
    for (const value of values) {
      putName(owner);
      putWord(type);
      putWord(CLASS_IN);
      putWord(ttl >>> 16);
      putWord(ttl & 0xffff);
      // Names in the data of the types of RFC 1035 alone may be compressed (RFC 3597 §4).
      if (type === TYPE.cname || type === TYPE.ns) {
        const data = measured(value, known);
        putWord(data);
        putName(value);
      } else {
        const data = byteWriter();
        writeRdata(data, typeName(type), value);
        const bytes = data.take();
        putWord(bytes.length);
        putBytes(bytes);
      }
    }
  }
  return writer.take();
}

/** Bytes that a name will take, with the pointers that are known. */
function measured(name: string, known: ReadonlyMap<string, number>): number {
  let size = 0;
  let rest = name;
  while (rest !== "") {
    if (known.has(rest)) return size + 2;
    const dot = rest.indexOf(".");
    size += 1 + unescape(dot === -1 ? rest : rest.slice(0, dot)).length;
    rest = dot === -1 ? "" : rest.slice(dot + 1);
  }
  return size + 1;
}

/** Notes where each suffix of a name stands that begins at `start`; returns the name's length in bytes. */
function namesOf(name: string, start: number, known: Map<string, number>): number {
  let at = start;
  let rest = name;
  while (rest !== "") {
    known.set(rest, at);
    const dot = rest.indexOf(".");
    at += 1 + unescape(dot === -1 ? rest : rest.slice(0, dot)).length;
    rest = dot === -1 ? "" : rest.slice(dot + 1);
  }
  return at + 1 - start;
}
