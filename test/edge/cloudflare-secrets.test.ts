import { describe, expect, it } from "vitest";
import { startCloudflare } from "../../workers/cloudflare-start.ts";

async function bindings() {
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  return {
    PUBLIC_KEYS: { k1: await crypto.subtle.exportKey("jwk", publicKey) },
    SNAPSHOT_URL: "https://snapshots.example.org/",
  };
}

describe("startCloudflare()", () => {
  it("takes a secret as text or from the Secrets Store", async () => {
    const keys = `k1:${btoa("0123456789abcdef0123456789abcdef")}`;
    const stored = (value: string) => ({ get: () => Promise.resolve(value) });
    const plain = await startCloudflare({ ...(await bindings()), DEBUG_TOKEN: "open", PIN_KEYS: keys });
    expect([plain.settings.debugToken, plain.pins === null, plain.sign]).toEqual(["open", false, null]);
    const kept = await startCloudflare({
      ...(await bindings()),
      DEBUG_TOKEN: stored("open"),
      PIN_KEYS: stored(keys),
      HOP_KEYS: stored(`k1 ${btoa("0123456789abcdef0123456789abcdef")}`),
    });
    expect([kept.settings.debugToken, kept.pins === null, kept.sign === null]).toEqual(["open", false, false]);
  });

  it("does not start without a secret that is bound and not there", async () => {
    const gone = { get: () => Promise.reject(new Error("Secret not found")) };
    await expect(startCloudflare({ ...(await bindings()), DEBUG_TOKEN: gone })).rejects.toThrow("Secret not found");
  });
});
