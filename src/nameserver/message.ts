/** Puts an answer together: header, the question as it came, sections, OPT. */
import type { Body } from "./encode.ts";
import type { Query } from "./query.ts";
import type { ClientSubnet } from "./subnet.ts";

/** Largest answer over UDP: what passes every path without fragments (DNS flag day 2020). */
export const UDP_SIZE = 1232;
const UDP_WITHOUT_EDNS = 512;
const MAX_MESSAGE = 65_535;
const QR = 0x8000;
const AA = 0x0400;
const TC = 0x0200;
/** RD and CD come back as they were sent, and the opcode. */
const KEPT = 0x7910;
const OPT_BYTES = 11;

/** An answer; over UDP one that is too long is cut down to "ask again over TCP". */
export function answerMessage(asked: Uint8Array, query: Query, answer: Answer): Uint8Array {
  const { body, turn, isUdp } = answer;
  const sections = body.variants[turn % body.variants.length] ?? EMPTY;
  const limit = isUdp ? Math.min(query.edns?.udpSize ?? UDP_WITHOUT_EDNS, UDP_SIZE) : MAX_MESSAGE;
  const optSize = sizeOfOpt(query);
  const isCut = query.questionEnd + sections.length + optSize > limit;
  const kept = isCut ? EMPTY : sections;
  const message = allocate(query.questionEnd + kept.length + optSize);
  header(message, query, {
    flags: (body.authoritative ? AA : 0) | (isCut ? TC : 0),
    rcode: body.rcode,
    counts: isCut ? NONE : [body.answers, body.authority, body.additional],
  });
  // Byte by byte the question is the one that was asked: its case is the resolver's proof that it was not forged (0x20).
  copy(asked, message, { from: 12, to: query.questionEnd, at: 12 });
  message.set(kept, query.questionEnd);
  writeOpt(asked, message, query, { at: query.questionEnd + kept.length, scope: body.scope, rcode: body.rcode });
  return message;
}

export interface Answer {
  readonly body: Body;
  /** Which order of the addresses. */
  readonly turn: number;
  readonly isUdp: boolean;
}

/** An answer without records: an error, or with `isCut` the order to come again over TCP. */
export function bareMessage(asked: Uint8Array, query: Query, rcode: number, isCut = false): Uint8Array {
  const optSize = sizeOfOpt(query);
  const message = allocate(query.questionEnd + optSize);
  header(message, query, { flags: isCut ? TC : 0, rcode, counts: NONE });
  copy(asked, message, { from: 12, to: query.questionEnd, at: 12 });
  writeOpt(asked, message, query, { at: query.questionEnd, scope: null, rcode });
  return message;
}

const EMPTY = new Uint8Array(0);
const NONE = [0, 0, 0] as const;

interface Header {
  readonly flags: number;
  readonly rcode: number;
  readonly counts: readonly [answers: number, authority: number, additional: number];
}

function header(message: Uint8Array, query: Query, { flags, rcode, counts }: Header): void {
  put16(message, 0, query.id);
  put16(message, 2, QR | (query.flags & KEPT) | flags | (rcode & 0xf));
  put16(message, 4, query.questionEnd > 12 ? 1 : 0);
  put16(message, 6, counts[0]);
  put16(message, 8, counts[1]);
  put16(message, 10, counts[2] + (query.edns === null ? 0 : 1));
}

function sizeOfOpt({ edns }: Query): number {
  if (edns === null) return 0;
  return OPT_BYTES + (edns.subnet === null ? 0 : 8 + edns.subnet.size);
}

/** RFC 6891 §6.1.1: an OPT is answered with an OPT. */
function writeOpt(
  asked: Uint8Array,
  message: Uint8Array,
  { edns }: Query,
  { at, scope, rcode }: { readonly at: number; readonly scope: number | null; readonly rcode: number },
): void {
  if (edns === null) return;
  message[at] = 0;
  put16(message, at + 1, 41);
  put16(message, at + 3, UDP_SIZE);
  message[at + 5] = rcode >>> 4;
  message[at + 6] = 0;
  put16(message, at + 7, edns.dnssecOk ? 0x8000 : 0);
  const { subnet } = edns;
  put16(message, at + 9, subnet === null ? 0 : 8 + subnet.size);
  if (subnet !== null)
    writeSubnet(asked, message, { at: at + OPT_BYTES, subnet, scope: Math.min(scope ?? 0, subnet.bits) });
}

function writeSubnet(
  asked: Uint8Array,
  message: Uint8Array,
  { at, subnet, scope }: { readonly at: number; readonly subnet: ClientSubnet; readonly scope: number },
): void {
  put16(message, at, 8);
  put16(message, at + 2, 4 + subnet.size);
  put16(message, at + 4, subnet.family === 4 ? 1 : 2);
  message[at + 6] = subnet.bits;
  message[at + 7] = scope;
  copy(asked, message, { from: subnet.at, to: subnet.at + subnet.size, at: at + 8 });
}

function put16(message: Uint8Array, at: number, value: number): void {
  message[at] = value >>> 8;
  message[at + 1] = value & 0xff;
}

/** A loop: a question is shorter than what a call to copy it costs. */
function copy(source: Uint8Array, target: Uint8Array, range: { from: number; to: number; at: number }): void {
  let { at } = range;
  for (let from = range.from; from < range.to; from += 1, at += 1) target[at] = source[from] ?? 0;
}

/** Every byte is written afterwards. */
function allocate(size: number): Uint8Array {
  return Buffer.allocUnsafe(size);
}
