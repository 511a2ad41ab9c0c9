/** A DNS message: the one that asks for a change (RFC 2136 §2), the one that asks for a zone (RFC 5936), and answers. */
import { byteReader, byteWriter } from "../../core/dns/wire/bytes.ts";
import { readRdata, typeName, typeNumber, writeRdata } from "../../core/dns/wire/rdata.ts";

export const CLASS = { in: 1, none: 254, any: 255 } as const;
export const OPCODE = { query: 0, update: 5 } as const;
export const QTYPE = { soa: 6, axfr: 252, any: 255, tsig: 250 } as const;

/** A record as it is sent; `value` null is "no data", which prerequisites and deletions use. */
export interface SentRecord {
  readonly name: string;
  readonly type: string;
  readonly class: number;
  readonly ttl: number;
  readonly value: string | null;
}

export interface ReadRecord {
  readonly name: string;
  readonly type: string;
  readonly class: number;
  readonly ttl: number;
  readonly value: string;
  /** Where the record begins and its data begin, for TSIG. */
  readonly start: number;
  readonly dataStart: number;
}

export interface Message {
  readonly id: number;
  readonly isResponse: boolean;
  readonly rcode: number;
  readonly answers: readonly ReadRecord[];
  readonly additional: readonly ReadRecord[];
}

export interface Request {
  readonly id: number;
  readonly opcode: number;
  readonly zone: string;
  readonly qtype: number;
  readonly prerequisites: readonly SentRecord[];
  readonly updates: readonly SentRecord[];
}

export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  const { id, opcode, zone, qtype, prerequisites, updates } = request;
  const writer = byteWriter();
  for (const field of [id, opcode << 11, 1, prerequisites.length, updates.length, 0]) writer.u16(field);
  writer.name(zone);
  writer.u16(qtype);
  writer.u16(CLASS.in);
  for (const { name, type, class: dnsClass, ttl, value } of [...prerequisites, ...updates]) {
    writer.name(name);
    writer.u16(type === "ANY" ? QTYPE.any : typeNumber(type));
    writer.u16(dnsClass);
    writer.u32(ttl);
    writer.sized(() => {
      if (value !== null) writeRdata(writer, type, value);
    });
  }
  return writer.take();
}

/** Throws RangeError for what is no DNS message. */
export function decodeMessage(bytes: Uint8Array<ArrayBuffer>): Message {
  const reader = byteReader(bytes);
  const [id, flags, questions, answers, authorities, additional] = [1, 2, 3, 4, 5, 6].map(() => reader.u16()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let index = 0; index < questions; index += 1) {
    reader.name();
    reader.u32();
  }
  const read = (count: number) => Array.from({ length: count }, () => readRecord(bytes, reader));
  const answered = read(answers);
  read(authorities);
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    rcode: flags & 0xf,
    answers: answered,
    additional: read(additional),
  };
}

function readRecord(bytes: Uint8Array<ArrayBuffer>, reader: ReturnType<typeof byteReader>): ReadRecord {
  const start = reader.at();
  const name = reader.name();
  const type = typeName(reader.u16());
  const dnsClass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const dataStart = reader.at();
  const value = readRdata(bytes, dataStart, length, type);
  reader.skipTo(dataStart + length);
  return { name, type, class: dnsClass, ttl, value, start, dataStart };
}

const RCODES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE".split(" ");

export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}
