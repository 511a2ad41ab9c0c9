import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type HopKey, hopKeys, parseHopKeys } from "../../src/store/hop-keys.ts";

const key = (id: string): HopKey => ({ id, secret: Uint8Array.from(randomBytes(32)) });
const FACTS = {
  method: "GET",
  authority: "shop.example.org",
  target: "/cart?x=1",
  backend: "default/shop/80",
  atSeconds: 1_764_000_000,
  nonce: "0".repeat(32),
};

describe("hopKeys()", () => {
  it("verifies what it signed, and nothing that was changed", async () => {
    const keys = await hopKeys([key("a")]);
    const field = await keys.sign(FACTS);
    expect(await keys.verify(field, FACTS)).toEqual(FACTS);
    for (const change of [
      { method: "POST" },
      { authority: "evil.example.org" },
      { target: "/" },
      { backend: "x/y/1" },
    ]) {
      expect(await keys.verify(field, { ...FACTS, ...change })).toBeNull();
    }
    for (let at = field.length - 64; at < field.length; at += 7) {
      const flipped = `${field.slice(0, at)}${field[at] === "0" ? "1" : "0"}${field.slice(at + 1)}`;
      expect(await keys.verify(flipped, FACTS)).toBeNull();
    }
  });

  it("knows two keys at once, so that one can be replaced without a gap", async () => {
    const [old, fresh] = [key("old"), key("new")];
    const before = await hopKeys([old]);
    const during = await hopKeys([fresh, old]);
    const after = await hopKeys([fresh]);
    expect(await during.verify(await before.sign(FACTS), FACTS)).toEqual(FACTS);
    expect(await during.verify(await after.sign(FACTS), FACTS)).toEqual(FACTS);
    expect(await after.verify(await before.sign(FACTS), FACTS)).toBeNull();
  });

  it("refuses no key, three keys and a short one", async () => {
    await expect(hopKeys([])).rejects.toThrow(RangeError);
    await expect(hopKeys([key("a"), key("b"), key("c")])).rejects.toThrow(RangeError);
    await expect(hopKeys([{ id: "a", secret: new Uint8Array(16) }])).rejects.toThrow(/shorter than 32/);
  });
});

describe("parseHopKeys()", () => {
  it("reads a file with comments", () => {
    const base64 = randomBytes(32).toString("base64");
    expect(parseHopKeys(`# keys\n\nnew ${base64}\n`)).toEqual([
      { id: "new", secret: Uint8Array.from(Buffer.from(base64, "base64")) },
    ]);
  });

  it("names the bad line and never repeats it", () => {
    expect(() => parseHopKeys("a c2VjcmV0\nb secret!value\n")).toThrow(/line 2/);
    expect(() => parseHopKeys("b secret!value\n")).not.toThrow(/secret!value/);
  });
});
