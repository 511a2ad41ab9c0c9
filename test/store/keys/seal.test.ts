import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readKeyList } from "../../../src/core/keys/key-list.ts";
import { type EdgeKey, edgeKeyOf, newEdgeKey, recipientOf } from "../../../src/store/keys/edge-key.ts";
import { openKey, sealKey } from "../../../src/store/keys/seal.ts";

const what = { audience: "portolan", cluster: "fra", namespace: "shop", secret: "shop-tls" };
const plain = { cert: "-----BEGIN CERTIFICATE-----\nC\n", key: "-----BEGIN PRIVATE KEY-----\nCANARY-7\n" };
const edgeKey = (name: string): EdgeKey => edgeKeyOf({ ...newEdgeKey(name).privateJwk });

/** Changes one character in the middle of a text of base64. */
function bent(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`;
}

describe("sealKey() and openKey()", () => {
  it("opens with each recipient's key, and with no other; twice the same is never the same text", () => {
    const [a, b, stranger] = [edgeKey("a"), edgeKey("b"), edgeKey("c")];
    const text = sealKey(plain, what, [a, b]);
    expect(openKey(text, what, [a])).toEqual({ ok: true, ...plain });
    expect(openKey(text, what, [stranger, b])).toEqual({ ok: true, ...plain });
    expect(openKey(text, what, [stranger])).toMatchObject({ ok: false, kind: "foreign" });
    expect(openKey(text, what, [])).toMatchObject({ ok: false, kind: "foreign" });
    expect(sealKey(plain, what, [a, b])).not.toBe(text);
    expect(text).not.toContain("CANARY");
    expect(Buffer.from(JSON.parse(text).sealed, "base64").toString("latin1")).not.toContain("CANARY");
  });

  it("stays closed after a change of any field, and for any other Secret or fleet", () => {
    const [a, b] = [edgeKey("a"), edgeKey("b")];
    const text = sealKey(plain, what, [a, b]);
    const envelope = JSON.parse(text);
    const [first, second] = envelope.wrapped;
    const changes: Record<string, object> = {
      audience: { audience: "other" },
      cluster: { cluster: null },
      namespace: { namespace: "evil" },
      secret: { secret: "other-tls" },
      format: { format: 2 },
      nonce: { nonce: bent(envelope.nonce) },
      "short nonce": { nonce: "AAAA" },
      sealed: { sealed: bent(envelope.sealed) },
      "cut content": { sealed: envelope.sealed.slice(0, 12) },
      "no recipients": { wrapped: [] },
      "one recipient less": { wrapped: [first] },
      "recipients in another order": { wrapped: [second, first] },
      "recipient's id": { wrapped: [{ ...first, to: bent(first.to) }, second] },
      ephemeral: { wrapped: [{ ...first, ephemeral: bent(first.ephemeral) }, second] },
      "ephemeral of small order": { wrapped: [{ ...first, ephemeral: Buffer.alloc(32).toString("base64") }, second] },
      "no ephemeral": { wrapped: [{ ...first, ephemeral: "" }, second] },
      "wrapped key": { wrapped: [{ ...first, key: bent(first.key) }, second] },
      "another's wrapped key": { wrapped: [{ ...second, to: first.to }, second] },
    };
    for (const [name, change] of Object.entries(changes)) {
      const changed = JSON.stringify({ ...envelope, ...change });
      expect(openKey(changed, what, [a]), name).toMatchObject({ ok: false });
      // Whoever changes the names in the envelope and asks for the changed ones gets nothing either.
      expect(openKey(changed, { ...what, ...change }, [a]), name).toMatchObject({ ok: false });
    }
    for (const other of [{ audience: "x" }, { cluster: null }, { namespace: "x" }, { secret: "x" }]) {
      expect(openKey(text, { ...what, ...other }, [a])).toMatchObject({ ok: false, kind: "corrupt" });
    }
    for (const junk of ["", "null", "[]", "{}", text.slice(0, -1), `${text} x`]) {
      expect(openKey(junk, what, [a])).toMatchObject({ ok: false, kind: "corrupt" });
    }
    expect(openKey(text, what, [a])).toEqual({ ok: true, ...plain });
  });

  it("opens to what was sealed or not at all, whatever is changed in the text", () => {
    const [a, b] = [edgeKey("a"), edgeKey("b")];
    const text = sealKey(plain, what, [a, b]);
    const characters = `${text}AZaz09+/="{}[]:,\\ `.split("");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(...characters), fc.nat(2), (at, character, cut) => {
        const changed = `${text.slice(0, at)}${character}${text.slice(at + cut)}`;
        const result = openKey(changed, what, [a]);
        // The last digit of base64 has bits that nobody reads; the list's hash is over the text.
        if (result.ok) expect(result).toEqual({ ok: true, ...plain });
      }),
      { numRuns: 600, seed: 11 },
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(openKey(json, what, [a]).ok).toBe(false);
        expect(readKeyList(json).ok).toBe(false);
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  it("opens with the old key and with the new one while an edge's key is replaced", () => {
    const [old, fresh] = [edgeKey("edge"), edgeKey("edge")];
    expect(old.id).not.toBe(fresh.id);
    const before = sealKey(plain, what, [old]);
    const during = sealKey(plain, what, [old, fresh]);
    const after = sealKey(plain, what, [fresh]);
    // The edge holds both files meanwhile.
    for (const text of [before, during, after]) expect(openKey(text, what, [fresh, old])).toMatchObject({ ok: true });
    expect(openKey(after, what, [old])).toMatchObject({ kind: "foreign" });
  });

  it("seals to somebody, and nothing of any size", () => {
    expect(() => sealKey(plain, what, [])).toThrow(/nobody to seal it to/);
    expect(() => sealKey({ ...plain, cert: "x".repeat(200_000) }, what, [edgeKey("a")])).toThrow(/of at most 131072/);
  });
});

describe("edgeKeyOf() and recipientOf()", () => {
  it("refuse what is no X25519 pair, and quote nothing of it", () => {
    const { privateJwk, publicJwk } = newEdgeKey("a");
    const other = newEdgeKey("b").publicJwk;
    const bad: object[] = [
      {},
      { ...privateJwk, kty: "EC" },
      { ...privateJwk, crv: "Ed25519" },
      { ...privateJwk, x: "AAAA" },
      { ...privateJwk, x: other.x },
      { ...privateJwk, d: "CANARY" },
      { ...publicJwk, kid: "a" },
      { ...privateJwk, kid: 7 },
    ];
    for (const jwk of bad) {
      expect(() => edgeKeyOf({ ...jwk })).toThrow(TypeError);
      expect(() => edgeKeyOf({ ...jwk })).not.toThrow(/CANARY/);
    }
    expect(() => recipientOf("a", { ...publicJwk, x: "AAAA" })).toThrow(/not an X25519 key/);
    // The published thumbprint of RFC 8037's appendix is of Ed25519; ours must only be stable.
    expect(recipientOf("x", { ...publicJwk }).id).toBe(edgeKeyOf({ ...privateJwk }).id);
  });
});
