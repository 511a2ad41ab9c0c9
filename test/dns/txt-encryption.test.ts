import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseLabels } from "../../src/core/dns/txt-registry.ts";
import { decryptText, encryptText, registryKey } from "../../src/dns/txt-encryption.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const TEXT = "heritage=external-dns,external-dns/owner=east,external-dns/resource=ingress/shop/web";

/** The format as external-dns describes it, by Node's own crypto. */
function sealed(text: Uint8Array | string, key = KEY): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const data = Buffer.concat([cipher.update(gzipSync(text)), cipher.final()]);
  return Buffer.concat([nonce, data, cipher.getAuthTag()]).toString("base64");
}

describe("encrypted registry TXTs", () => {
  it("decryptText() reads what another implementation wrote, quoted or not", async () => {
    const key = await registryKey(KEY);
    const value = sealed(TEXT);
    expect((await decryptText(value, key))?.text).toBe(TEXT);
    const quoted = await decryptText(`"${value}"`, key);
    expect(parseLabels(quoted?.text ?? "")).toEqual({ owner: "east", resource: "ingress/shop/web" });
  });

  it("encryptText() writes what another implementation reads, and the same again with the same nonce", async () => {
    const key = await registryKey(Buffer.from(KEY).toString("base64"));
    const value = await encryptText(TEXT, key, null);
    const bytes = Buffer.from(value, "base64");
    const decipher = createDecipheriv("aes-256-gcm", KEY, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    const data = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    expect(gunzipSync(data).toString()).toBe(TEXT);
    const read = await decryptText(value, key);
    expect(await encryptText(TEXT, key, read?.nonce ?? null)).toBe(value);
    expect(await encryptText(TEXT, key, null)).not.toBe(value);
  });

  it("takes for plain text whatever the key does not open", async () => {
    const key = await registryKey(KEY);
    const value = sealed(TEXT);
    const flipped = `${value.slice(0, 30)}${value[30] === "A" ? "B" : "A"}${value.slice(31)}`;
    for (const text of [TEXT, "", "AAAA", flipped, sealed(TEXT, KEY.toUpperCase()), value.slice(4)]) {
      expect(await decryptText(text, key)).toBeNull();
    }
  });

  it("does not inflate a bomb", async () => {
    const bomb = sealed(new Uint8Array(1_000_000));
    expect(bomb.length).toBeLessThan(4000);
    expect(await decryptText(bomb, await registryKey(KEY))).toBeNull();
  });

  it.each(["", "short", Buffer.from("short").toString("base64"), "x".repeat(33)])(
    "registryKey() refuses %j",
    async (text) => {
      await expect(registryKey(text)).rejects.toThrow(RangeError);
    },
  );
});
