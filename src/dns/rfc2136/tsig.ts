/** TSIG (RFC 8945): a shared secret proves who asks and who answers, and that nothing was changed on the way. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { byteReader, byteWriter } from "../../core/dns/wire/bytes.ts";
import { CLASS, decodeMessage, type Message, QTYPE } from "./message.ts";

export interface TsigKey {
  readonly name: string;
  readonly algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  readonly secret: Uint8Array;
}

export interface SignedRequest {
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly mac: Uint8Array<ArrayBuffer>;
}

/** How far two clocks may be apart; the far side keeps to it too. */
const FUDGE_SECONDS = 300;
const HASH = { "hmac-sha256": "sha256", "hmac-sha384": "sha384", "hmac-sha512": "sha512" } as const;

/** The message with its signature, and the MAC that the answer has to build upon. */
export function signRequest(message: Uint8Array<ArrayBuffer>, key: TsigKey, nowSeconds: number): SignedRequest {
  const mac = hmac(key, [message, variables(key, nowSeconds, FUDGE_SECONDS, 0, new Uint8Array(0))]);
  const id = new DataView(message.buffer).getUint16(0);
  const writer = byteWriter();
  writer.bytes(message);
  writer.name(key.name);
  writer.u16(QTYPE.tsig);
  writer.u16(CLASS.any);
  writer.u32(0);
  writer.sized(() => {
    writer.name(key.algorithm);
    writeTime(writer, nowSeconds);
    writer.u16(FUDGE_SECONDS);
    writer.sized(() => writer.bytes(mac));
    writer.u16(id);
    writer.u16(0);
    writer.u16(0);
  });
  const signed = writer.take();
  new DataView(signed.buffer).setUint16(10, new DataView(message.buffer).getUint16(10) + 1);
  return { signed, mac };
}

/** Checks a stream of answers to one request; each is given as it arrives. Throws Error for what is not to be believed. */
export interface TsigVerifier {
  next(message: Uint8Array<ArrayBuffer>): Message;
  /** The last message of a stream has to be signed, or an attacker could leave out the end of a zone. */
  end(): void;
}

export function tsigVerifier(
  key: TsigKey,
  requestMac: Uint8Array<ArrayBuffer>,
  nowSeconds: () => number,
): TsigVerifier {
  let previous = requestMac;
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let isFirst = true;
  return {
    next(bytes) {
      const message = decodeMessage(bytes);
      const record = message.additional.at(-1);
      if (record?.type !== "TYPE250") {
        if (isFirst) throw new Error(`Cannot believe the DNS answer: it is not signed${notAuth(message)}`);
        // RFC 8945 §5.3.1: at most 99 unsigned messages between two that are signed.
        if (pending.length >= 99) throw new Error("Cannot believe the DNS answer: too many messages are not signed");
        pending.push(bytes);
        return message;
      }
      const fields = readTsig(bytes, record.dataStart);
      if (record.name !== key.name || fields.algorithm !== key.algorithm)
        throw new Error(`Cannot believe the DNS answer: it is signed by "${record.name}" (${fields.algorithm})`);
      if (fields.error !== 0 && fields.mac.length === 0)
        throw new Error(`Cannot use the key "${key.name}": ${TSIG_ERRORS[fields.error] ?? fields.error}`);
      const body = bytes.slice(0, record.start);
      const view = new DataView(body.buffer);
      view.setUint16(10, view.getUint16(10) - 1);
      view.setUint16(0, fields.originalId);
      const { seconds, fudge, error, other } = fields;
      const sized = byteWriter();
      sized.sized(() => sized.bytes(previous));
      const tail = isFirst ? variables(key, seconds, fudge, error, other) : timers(seconds, fudge);
      const expected = hmac(key, [sized.take(), ...pending, body, tail]);
      if (expected.length !== fields.mac.length || !timingSafeEqual(expected, fields.mac)) {
        throw new Error("Cannot believe the DNS answer: its signature is wrong");
      }
      if (error !== 0) throw new Error(`Cannot use the key "${key.name}": ${TSIG_ERRORS[error] ?? error}`);
      if (Math.abs(nowSeconds() - seconds) > fudge)
        throw new Error("Cannot believe the DNS answer: it is from another time");
      previous = fields.mac;
      pending = [];
      isFirst = false;
      return message;
    },
    end() {
      if (pending.length > 0) throw new Error("Cannot believe the DNS answer: its end is not signed");
    },
  };
}

const TSIG_ERRORS: Readonly<Record<number, string>> = { 16: "BADSIG", 17: "BADKEY", 18: "BADTIME", 22: "BADTRUNC" };

function notAuth({ rcode }: Message): string {
  return rcode === 0 ? "" : ` (RCODE ${rcode})`;
}

function readTsig(message: Uint8Array<ArrayBuffer>, at: number) {
  const reader = byteReader(message, at);
  const algorithm = reader.name();
  const seconds = reader.u16() * 0x1_0000_0000 + reader.u32();
  const fudge = reader.u16();
  const mac = reader.bytes(reader.u16());
  const originalId = reader.u16();
  const error = reader.u16();
  const other = reader.bytes(reader.u16());
  return { algorithm, seconds, fudge, mac, originalId, error, other };
}

function variables(key: TsigKey, seconds: number, fudge: number, error: number, other: Uint8Array): Uint8Array {
  const writer = byteWriter();
  writer.name(key.name);
  writer.u16(CLASS.any);
  writer.u32(0);
  writer.name(key.algorithm);
  writeTime(writer, seconds);
  writer.u16(fudge);
  writer.u16(error);
  writer.sized(() => writer.bytes(other));
  return writer.take();
}

function timers(seconds: number, fudge: number): Uint8Array {
  const writer = byteWriter();
  writeTime(writer, seconds);
  writer.u16(fudge);
  return writer.take();
}

function writeTime(writer: ReturnType<typeof byteWriter>, seconds: number): void {
  writer.u16(Math.floor(seconds / 0x1_0000_0000));
  writer.u32(seconds % 0x1_0000_0000);
}

function hmac(key: TsigKey, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const mac = createHmac(HASH[key.algorithm], key.secret);
  for (const part of parts) mac.update(part);
  return Uint8Array.from(mac.digest());
}
