import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteReader, byteWriter } from "../../src/core/dns/wire/bytes.ts";
import { decodeMessage, encodeRequest, OPCODE, QTYPE } from "../../src/dns/rfc2136/message.ts";
import { readRdata, writeRdata } from "../../src/core/dns/wire/rdata.ts";
import { signRequest, type TsigKey, tsigVerifier } from "../../src/dns/rfc2136/tsig.ts";
import { updateOf } from "../../src/dns/rfc2136/update.ts";
import { create, recordSet, replace } from "../build/dns.ts";

function roundTrip(type: string, value: string): string {
  const writer = byteWriter();
  writeRdata(writer, type, value);
  const bytes = writer.take();
  return readRdata(bytes, 0, bytes.length, type);
}

describe("data of records on the wire", () => {
  it.each([
    ["A", "192.0.2.1"],
    ["AAAA", "2001:db8::a:0:0:1"],
    ["CNAME", "edge.example.net"],
    ["CNAME", "odd\\046label.example.net"],
    ["MX", "10 mx.example.net"],
    ["SRV", "0 5 443 *.example.net"],
    ["TXT", '"a \\"quoted\\" word" "and \\\\ more" ""'],
    ["TXT", '"caf\\195\\169"'],
    ["TYPE731", "\\# 4 deadbeef"],
    ["CAA", "\\# 0"],
  ])("gives %s %s back as it was", (type, value) => {
    expect(roundTrip(type, value)).toBe(value);
  });

  it.each([
    ["A", "192.0.2.256"],
    ["AAAA", "192.0.2.1"],
    ["CNAME", ""],
    ["CNAME", `${"x".repeat(64)}.example.net`],
    ["MX", "mx.example.net"],
    ["SRV", "0 5 70000 a.example.net"],
    ["TXT", "no quotes"],
    ["TXT", `"${"x".repeat(256)}"`],
    ["NAPTR", "1 2 3"],
  ])("refuses %s %s", (type, value) => {
    expect(() => roundTrip(type, value)).toThrow(RangeError);
  });

  it("writes texts of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => {
        const inner = [...bytes].map((byte) => `\\${String(byte).padStart(3, "0")}`).join("");
        const writer = byteWriter();
        writeRdata(writer, "TXT", `"${inner}"`);
        expect([...writer.take().subarray(1)]).toEqual([...bytes]);
      }),
    );
  });

  it("grows to what is written", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 200, maxLength: 3000 }), (numbers) => {
        const writer = byteWriter();
        for (const number of numbers) writer.u16(number);
        const reader = byteReader(writer.take());
        expect(numbers.map(() => reader.u16())).toEqual(numbers);
      }),
    );
  });
});

describe("decodeMessage()", () => {
  it("never does anything else than to give a message or a RangeError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(Uint8Array.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["at itself", [0xc0, 0x00]],
    ["forwards", [0xc0, 0x04, 0, 0]],
    ["in a circle", [0x01, 0x61, 0xc0, 0x00]],
  ])("refuses a name that points %s", (_, bytes) => {
    expect(() => byteReader(Uint8Array.from(bytes)).name()).toThrow(RangeError);
  });
});

describe("updateOf()", () => {
  const old = recordSet("shop.example.org", "A", ["192.0.2.1"]);
  const next = recordSet("shop.example.org", "A", ["192.0.2.2"]);
  const owner = recordSet("_o.shop.example.org", "TXT", ['"owner"']);
  const pointer = recordSet("shop.example.org", "CNAME", ["edge.example.net"]);

  it("makes the old set and what stays a condition, and writes the new one only", () => {
    const { prerequisites, updates } = updateOf([replace([old, owner], [next, owner])]);
    expect(prerequisites.map((one) => `${one.class} ${one.type} ${one.value}`)).toEqual([
      "1 A 192.0.2.1",
      '1 TXT "owner"',
    ]);
    expect(updates.map((one) => `${one.class} ${one.type} ${one.value}`)).toEqual(["255 A null", "1 A 192.0.2.2"]);
  });

  it("asks that a new CNAME stands alone, and that nothing new stands beside a CNAME", () => {
    expect(updateOf([create(pointer)]).prerequisites.map((one) => `${one.class} ${one.type}`)).toEqual([
      "254 CNAME",
      "254 ANY",
    ]);
    expect(updateOf([create(old)]).prerequisites.map((one) => `${one.class} ${one.type}`)).toEqual([
      "254 A",
      "254 CNAME",
    ]);
  });

  it("deletes before it adds, so that a CNAME may become an address", () => {
    expect(updateOf([replace([pointer], [old])]).updates.map((one) => `${one.class} ${one.type}`)).toEqual([
      "255 CNAME",
      "1 A",
    ]);
  });
});

describe("TSIG", () => {
  const key: TsigKey = {
    name: "portolan",
    algorithm: "hmac-sha256",
    secret: Buffer.from("a secret of thirty-two bytes, ok"),
  };
  const seconds = 1_790_000_000;
  const request = encodeRequest({
    id: 7,
    opcode: OPCODE.query,
    zone: "example.org",
    qtype: QTYPE.axfr,
    prerequisites: [],
    updates: [],
  });
  const { signed, mac } = signRequest(request, key, seconds);

  /** An answer of no records, signed as RFC 8945 §5.3 says, with parts that a test may falsify. */
  function answer(
    of: { readonly at?: number; readonly secret?: Uint8Array; readonly mac?: Uint8Array } = {},
  ): Uint8Array<ArrayBuffer> {
    const { at = seconds, secret = key.secret, mac: requestMac = mac } = of;
    const header = Buffer.from([0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const name = Buffer.from("\x08portolan\x00", "latin1");
    const algorithm = Buffer.from("\x0bhmac-sha256\x00", "latin1");
    const time = Buffer.alloc(8);
    time.writeUIntBE(at, 0, 6);
    time.writeUInt16BE(300, 6);
    const classAndTtl = Buffer.from([0, 255, 0, 0, 0, 0]);
    const none = Buffer.alloc(4);
    const length = (size: number) => Buffer.from([size >> 8, size & 255]);
    const digest = createHmac("sha256", secret)
      .update(Buffer.concat([length(requestMac.length), requestMac, header, name, classAndTtl, algorithm, time, none]))
      .digest();
    const rdata = Buffer.concat([algorithm, time, length(digest.length), digest, Buffer.from([0, 7]), none]);
    const counted = Buffer.from(header);
    counted.writeUInt16BE(1, 10);
    return Uint8Array.from(
      Buffer.concat([counted, name, Buffer.from([0, 250]), classAndTtl, length(rdata.length), rdata]),
    );
  }
  const verify = (bytes: Uint8Array<ArrayBuffer>) => tsigVerifier(key, mac, () => seconds).next(bytes);

  it("adds one record to the request", () => {
    expect(decodeMessage(signed).additional.map((one) => [one.name, one.type])).toEqual([["portolan", "TYPE250"]]);
  });

  it("believes an answer to this request, signed by this key, at this time", () => {
    expect(verify(answer())).toMatchObject({ id: 7, isResponse: true, rcode: 0 });
  });

  it.each([
    ["another key", answer({ secret: Buffer.from("another secret of thirty-two byt") }), /signature is wrong/],
    ["an answer to another request", answer({ mac: Buffer.alloc(32) }), /signature is wrong/],
    ["an answer of yesterday", answer({ at: seconds - 86_400 }), /another time/],
    [
      "an answer that says something else",
      Uint8Array.from(answer(), (byte, index) => (index === 3 ? 5 : byte)),
      /signature is wrong/,
    ],
    ["an answer without a signature", Uint8Array.from([0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]), /not signed/],
  ])("does not believe %s", (_name, bytes, message) => {
    expect(() => verify(bytes)).toThrow(message);
  });

  it("does not believe a stream whose end is not signed", () => {
    const verifier = tsigVerifier(key, mac, () => seconds);
    verifier.next(answer());
    verifier.next(Uint8Array.from([0, 7, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(() => verifier.end()).toThrow(/end is not signed/);
  });
});
