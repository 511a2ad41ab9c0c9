import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hopText, parseHopField } from "../../src/core/hop/hop.ts";
import { firstHopKey, type HopKey, parseHopKeys } from "../../src/store/hop-keys.ts";
import { nodeHopKeys } from "../../src/store/hop-keys-node.ts";
import { hopSigner } from "../../src/store/hop-signer.ts";

const key = (id: string): HopKey => ({ id, secret: Uint8Array.from(randomBytes(32)) });
const REQUEST = { method: "GET", authority: "shop.example.org", target: "/cart?x=1", backend: "default/shop/80" };
const AT_MS = 1_764_000_000_999;

/** What the receiver computes for a field, next to what the field says. */
function macs(field: string, verifier: ReturnType<typeof nodeHopKeys>): readonly (string | null)[] {
  const parsed = parseHopField(field);
  if (parsed === null) return [];
  const { keyId, atSeconds, nonce, mac } = parsed;
  return [mac, verifier.mac(keyId, { ...REQUEST, atSeconds, nonce })];
}

describe("hopSigner() and nodeHopKeys()", () => {
  it("sign alike, each time with another nonce, by the first of two keys", async () => {
    const keys = [key("new"), key("old")];
    const node = nodeHopKeys(keys);
    const lines = keys.map(({ id, secret }) => `${id}  ${Buffer.from(secret).toString("base64")}\r\n`);
    const web = await hopSigner(`# two keys\n\n${lines.join("")}`, () => AT_MS);
    const fields = [node.sign(REQUEST, AT_MS), node.sign(REQUEST, AT_MS), await web(REQUEST), await web(REQUEST)];
    for (const field of fields) {
      expect(field).toMatch(/^v1 new 1764000000 [0-9a-f]{32} [0-9a-f]{64}$/);
      const [said, computed] = macs(field, node);
      expect(said).toBe(computed);
    }
    expect(new Set(fields).size).toBe(4);
  });

  it("know the keys of the file and no other", () => {
    const [old, fresh] = [key("old"), key("new")];
    const [said, computed] = macs(nodeHopKeys([old]).sign(REQUEST, AT_MS), nodeHopKeys([fresh, old]));
    expect(said).toBe(computed);
    expect(macs(nodeHopKeys([old]).sign(REQUEST, AT_MS), nodeHopKeys([fresh]))[1]).toBeNull();
  });
});

describe("nodeHopKeys()", () => {
  it("has the HMAC of node:crypto, for keys of any length and texts of any", () => {
    for (const size of [32, 63, 64, 65, 200]) {
      const secret = Uint8Array.from(randomBytes(size));
      const { mac } = nodeHopKeys([{ id: "a", secret }]);
      for (const target of ["/", "/é€", `/${"x".repeat(16_000)}`]) {
        const facts = { ...REQUEST, target, atSeconds: 1, nonce: "0".repeat(32) };
        expect(mac("a", facts)).toBe(createHmac("sha256", secret).update(hopText(facts)).digest("hex"));
      }
    }
  });
});

describe("hopSigner()", () => {
  it("refuses text without a key, and a short one, and never repeats it", async () => {
    const short = randomBytes(31).toString("base64");
    for (const text of ["", "# none", "a", `a ${short}`, `a b ${short}${short}`, `${short}${short}`]) {
      await expect(hopSigner(text, () => AT_MS)).rejects.toThrow(/^Cannot use the hop keys: no line is "ID BASE64"/);
    }
  });
});

describe("firstHopKey()", () => {
  it("refuses no key, three keys, two of one name and a short one", () => {
    expect(() => firstHopKey([])).toThrow(RangeError);
    expect(() => firstHopKey([key("a"), key("b"), key("c")])).toThrow(RangeError);
    expect(() => firstHopKey([key("a"), key("a")])).toThrow(/two keys/);
    expect(() => firstHopKey([key("a"), { id: "b", secret: new Uint8Array(31) }])).toThrow(
      /"b": it is shorter than 32/,
    );
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
