import { describe, expect, it } from "vitest";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../../src/store/signature.ts";

describe("manifestVerifier()", () => {
  it("accepts what the signer signed, under either of two keys, and nothing else", async () => {
    const [old, current] = [await generateSigningKeys(), await generateSigningKeys()];
    const verify = manifestVerifier(
      new Map([
        ["old", old.publicKey],
        ["new", current.publicKey],
      ]),
    );
    for (const [keyId, pair] of [
      ["old", old],
      ["new", current],
    ] as const) {
      const { signature } = await manifestSigner(keyId, pair.privateKey)("text");
      expect(await verify("text", keyId, signature)).toBe(true);
      expect(await verify("texT", keyId, signature)).toBe(false);
      expect(await verify("text", "unknown", signature)).toBe(false);
      expect(await verify("text", keyId === "old" ? "new" : "old", signature)).toBe(false);
    }
    expect(await verify("text", "new", "not base64!")).toBe(false);
  });
});
