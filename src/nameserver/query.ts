/**
 * Reads a DNS query (RFC 1035 §4, RFC 6891). Total: any bytes give a query, the code it is refused with, or the order
 * to say nothing, as answering answers or rubbish would make two servers talk for ever.
 */
import { type ClientSubnet, readSubnet } from "./subnet.ts";

export const RCODE = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5, badVers: 16 } as const;
export const TYPE = {
  a: 1,
  ns: 2,
  cname: 5,
  soa: 6,
  hinfo: 13,
  aaaa: 28,
  opt: 41,
  ixfr: 251,
  axfr: 252,
  any: 255,
} as const;
export const CLASS_IN = 1;

export interface Edns {
  /** Largest UDP answer that the other side takes, at least 512. */
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly subnet: ClientSubnet | null;
}

export interface Query {
  readonly id: number;
  /** The second 16 bits of the header. */
  readonly flags: number;
  /** Where the question ends and everything else begins; 12 when the question could not be read. */
  readonly questionEnd: number;
  /** Canonical (`core/dns/names.ts`); empty for the root. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | null;
  /** Not 0 when the query is refused without a look at its question. */
  readonly rcode: number;
}

const HEADER = 12;
const QR = 0x8000;
const OPT_FIXED = 11;
const SUBNET_OPTION = 8;

/** The query of a message; null for one that gets no answer. Never throws. */
export function readQuery(bytes: Uint8Array): Query | null {
  if (bytes.length < HEADER) return null;
  const id = word(bytes, 0);
  const flags = word(bytes, 2);
  if ((flags & QR) !== 0) return null;
  const refuse = (rcode: number, questionEnd = HEADER): Query => ({
    id,
    flags,
    questionEnd,
    rcode,
    name: "",
    type: 0,
    class: 0,
    edns: null,
  });
  if ((flags & 0x7800) !== 0) return refuse(RCODE.notImp);
  if (word(bytes, 4) !== 1 || word(bytes, 6) !== 0 || word(bytes, 8) !== 0) return refuse(RCODE.formErr);
  const nameEnd = endOfName(bytes, HEADER);
  if (nameEnd === -1 || nameEnd + 4 > bytes.length) return refuse(RCODE.formErr);
  const questionEnd = nameEnd + 4;
  const edns = readAdditional(bytes, questionEnd, word(bytes, 10));
  if (edns === undefined) return refuse(RCODE.formErr, questionEnd);
  return {
    id,
    flags,
    questionEnd,
    name: nameText(bytes, HEADER, nameEnd),
    type: word(bytes, nameEnd),
    class: word(bytes, nameEnd + 2),
    edns,
    rcode: edns !== null && edns.version !== 0 ? RCODE.badVers : RCODE.noError,
  };
}

/** The OPT record; null for none, undefined for an additional section that cannot be read. */
function readAdditional(bytes: Uint8Array, start: number, count: number): Edns | null | undefined {
  let at = start;
  let edns: Edns | null = null;
  for (let index = 0; index < count; index += 1) {
    const isRoot = bytes[at] === 0;
    const nameEnd = endOfName(bytes, at);
    if (nameEnd === -1 || nameEnd + OPT_FIXED - 1 > bytes.length) return undefined;
    const dataEnd = nameEnd + 10 + word(bytes, nameEnd + 8);
    if (dataEnd > bytes.length) return undefined;
    if (word(bytes, nameEnd) === TYPE.opt) {
      // RFC 6891 §6.1.1: one OPT, and its name is the root.
      if (edns !== null || !isRoot) return undefined;
      const read = readOpt(bytes, nameEnd, dataEnd);
      if (read === null) return undefined;
      edns = read;
    }
    at = dataEnd;
  }
  // Bytes behind the last record belong to nobody.
  return at === bytes.length ? edns : undefined;
}

function readOpt(bytes: Uint8Array, at: number, end: number): Edns | null {
  let subnet: ClientSubnet | null = null;
  let option = at + 10;
  while (option < end) {
    if (option + 4 > end) return null;
    const next = option + 4 + word(bytes, option + 2);
    if (next > end) return null;
    if (word(bytes, option) === SUBNET_OPTION) {
      if (subnet !== null) return null;
      subnet = readSubnet(bytes, option + 4, next);
      if (subnet === null) return null;
    }
    option = next;
  }
  return {
    udpSize: Math.max(512, word(bytes, at + 2)),
    version: bytes[at + 5] ?? 0,
    dnssecOk: ((bytes[at + 6] ?? 0) & 0x80) !== 0,
    subnet,
  };
}

/** Where a name ends; -1 for one that is cut off, too long, or compressed, which nothing in a query has to be. */
function endOfName(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const size = bytes[at];
    if (size === undefined || size > 63 || at - start > 254) return -1;
    at += 1 + size;
    if (size === 0) return at;
  }
}

/** Text of each byte in a canonical name. */
const TEXT: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  return byte < 128 && /[a-z0-9_*/-]/.test(char) ? char : `\\${String(byte).padStart(3, "0")}`;
});

function nameText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let label = start;
  for (let at = start; at < end - 1; at += 1) {
    if (at === label) {
      if (at !== start) text += ".";
      label = at + 1 + (bytes[at] ?? 0);
    } else text += TEXT[bytes[at] ?? 0] ?? "";
  }
  return text;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
