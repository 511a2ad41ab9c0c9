import { domainToASCII } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toAscii } from "../../../src/core/dns/idna.ts";
import {
  delegationAbove,
  delegationsIn,
  dnsName,
  isWithin,
  managedNameProblem,
  suitableZones,
  zonesOf,
} from "../../../src/core/dns/names.ts";
import { plainSet, type Zone } from "../../../src/core/dns/records.ts";
import { txtText, txtValue } from "../../../src/core/dns/txt-text.ts";

const LONG = "a".repeat(63);

describe("dnsName()", () => {
  it.each([
    ["Example.ORG.", "example.org"],
    ["example.org", "example.org"],
    ["*.example.org", "*.example.org"],
    ["\\042.example.org.", "*.example.org"],
    ["\\*.example.org", "*.example.org"],
    ["a\\.b.example.org", "a\\046b.example.org"],
    ["\\065.example.org", "a.example.org"],
    ["_sip._udp.example.org", "_sip._udp.example.org"],
    ["0/25.2.0.192.in-addr.arpa", "0/25.2.0.192.in-addr.arpa"],
    ["john\\032doe.example.org", "john\\032doe.example.org"],
    [`${LONG}.org`, `${LONG}.org`],
    [`${LONG}.${LONG}.${LONG}.${"a".repeat(61)}`, `${LONG}.${LONG}.${LONG}.${"a".repeat(61)}`],
  ])("reads %j as %j", (text, name) => {
    expect(dnsName(text)).toEqual({ ok: true, name });
  });

  it.each([
    "",
    ".",
    "..",
    "a..b",
    ".a",
    "a b",
    "bücher.example",
    `${LONG}a.org`,
    "a\\256.org",
    "a\\",
    "a\\9x.org",
    "a\tb",
  ])("refuses %j", (text) => {
    expect(dnsName(text).ok).toBe(false);
  });

  it("refuses a name of 254 bytes", () => {
    expect(dnsName(`${LONG}.${LONG}.${LONG}.${"a".repeat(62)}`).ok).toBe(false);
  });

  it("says that a Unicode name needs its A-label", () => {
    expect(dnsName("bücher.example")).toEqual({
      ok: false,
      reason: "it holds U+00fc: write the A-label (xn--…) instead",
    });
  });

  it("gives a spelling that it reads back unchanged, whatever the bytes", () => {
    const label = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
        const text = labels
          .map((bytes) => bytes.map((byte) => `\\${String(byte).padStart(3, "0")}`).join(""))
          .join(".");
        const read = dnsName(text);
        if (!read.ok) throw new Error(read.reason);
        expect(dnsName(read.name)).toEqual(read);
        expect(read.name.split(".").length).toBe(labels.length);
      }),
    );
  });
});

describe("managedNameProblem()", () => {
  it.each(["example.org", "*.example.org", "_portolan.web.example.org", "xn--bcher-kva.example"])(
    "takes %s",
    (name) => {
      expect(managedNameProblem(name)).toBeNull();
    },
  );

  it.each(["Example.org", "a.*.org", "w*b.org", "-a.org", "a-.org", "a\\046b.org", "0/25.arpa", "example.org."])(
    "refuses %s",
    (name) => {
      expect(managedNameProblem(name)).not.toBeNull();
    },
  );
});

describe("zones", () => {
  const zone = (name: string, visibility: Zone["visibility"] = "public"): Zone => ({
    name,
    visibility,
    id: `${visibility} ${name}`,
  });
  const zones = [
    zone("example.com"),
    zone("gslb.example.com"),
    zone("gslb.example.com", "private"),
    zone("com", "private"),
  ];

  it("isWithin() compares labels, not text", () => {
    expect(isWithin("evilgslb.example.com", "gslb.example.com")).toBe(false);
    expect(isWithin("a.gslb.example.com", "gslb.example.com")).toBe(true);
    expect(isWithin("gslb.example.com", "gslb.example.com")).toBe(true);
    expect(isWithin("a\\046gslb.example.com", "gslb.example.com")).toBe(false);
  });

  it("zonesOf() finds the longest zone of the asked visibility", () => {
    expect(zonesOf("a.gslb.example.com", zones, "public").map((one) => one.name)).toEqual(["gslb.example.com"]);
    expect(zonesOf("evilgslb.example.com", zones, "public").map((one) => one.name)).toEqual(["example.com"]);
    expect(zonesOf("example.net", zones, "public")).toEqual([]);
  });

  it("suitableZones() adds every private zone that matches", () => {
    const found = suitableZones("a.gslb.example.com", zones).map((one) => one.id);
    expect(found).toEqual(["public gslb.example.com", "private gslb.example.com", "private com"]);
  });

  it("delegationAbove() finds the cut that hides a name", () => {
    const current = [
      plainSet("eu.example.com", "NS", ["ns.example.net"], 300),
      plainSet("example.com", "NS", ["ns.example.net"], 300),
    ];
    expect(
      delegationAbove("web.eu.example.com", zone("example.com"), delegationsIn(zone("example.com"), current)),
    ).toBe("eu.example.com");
    expect(
      delegationAbove("web.us.example.com", zone("example.com"), delegationsIn(zone("example.com"), current)),
    ).toBeNull();
  });
});

describe("toAscii()", () => {
  it("encodes labels as the platform's own IDNA does", () => {
    const letters = fc.constantFrom(
      ...Array.from("abcxyz019-äöøåéñçłđжшщдлингעבריתعربى中文字日本語ひらがな한국어ไทยαβγδ"),
    );
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 12 }), (chars) => {
        const label = chars.join("");
        const expected = domainToASCII(`a${label}z.example`);
        // The platform also refuses labels for reasons (bidi, hyphens) that external-dns lets pass.
        fc.pre(expected !== "");
        expect(toAscii(`a${label}z.example`)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("TXT data", () => {
  it("txtText() reads what txtValue() wrote, in strings of at most 255 bytes", () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 900,
    });
    fc.assert(
      fc.property(ascii, (text) => {
        const value = txtValue(text);
        expect(txtText(value)).toBe(text);
        const strings = value.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
        for (const one of strings) expect(one.replaceAll(/\\(.)/g, "$1").length).toBeLessThanOrEqual(257);
      }),
    );
  });

  it.each(['"open', "bare", '"a"x"b"', 'a "b"'])("txtText() refuses %j", (value) => {
    expect(txtText(value)).toBeNull();
  });

  it("txtText() reads decimal escapes", () => {
    expect(txtText('"a\\032b" "c\\"d"')).toBe('a bc"d');
  });
});
