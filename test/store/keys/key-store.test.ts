import { beforeAll, describe, expect, it } from "vitest";
import { KEY_FORMAT, KEY_LIST, type KeyEntry, type KeyList, keyListText } from "../../../src/core/keys/key-list.ts";
import { envelopeText } from "../../../src/core/snapshot/manifest.ts";
import { type KeyStoreDeps, keyStore, readSignedKeys } from "../../../src/store/keys/key-store.ts";
import { memoryStore } from "../../../src/store/memory.ts";
import { generateSigningKeys, manifestSigner, manifestVerifier } from "../../../src/store/signature.ts";

const HASH = "ab".repeat(32);
const entry: KeyEntry = {
  cluster: "us",
  namespace: "default",
  secret: "shop",
  hosts: ["shop.example.org"],
  except: [],
  ingresses: ["shop"],
  envelope: HASH,
  fingerprint: HASH,
  names: ["shop.example.org"],
  expiresMs: 7,
  recipients: ["r"],
};
const listOf = (serial: number, more: Partial<KeyList> = {}): KeyList => ({
  format: KEY_FORMAT,
  audience: "test",
  serial,
  entries: [entry],
  retired: [],
  ...more,
});

let trust: Pick<KeyStoreDeps, "sign" | "verify">;
beforeAll(async () => {
  const pair = await generateSigningKeys();
  trust = {
    sign: manifestSigner("k1", pair.privateKey),
    verify: manifestVerifier(new Map([["k1", pair.publicKey]])),
  };
});

describe("keyStore()", () => {
  it("publishes envelopes and a list, once for each version that it replaces", async () => {
    const store = memoryStore();
    const keys = keyStore({ store, audience: "test", ...trust });
    const empty = await keys.current();
    expect(empty).toEqual({ list: null, version: null });
    expect(await keys.publish(listOf(1), new Map([[HASH, "sealed"]]), empty)).toBe(true);
    const first = await keys.current();
    expect(first.list).toEqual(listOf(1));
    expect(new TextDecoder().decode((await store.get(`keys/${HASH}`))?.value)).toBe("sealed");
    expect(await keys.publish(listOf(2), new Map(), empty)).toBe(false);
    expect((await keys.current()).list).toEqual(listOf(1));
    expect(await keys.publish(listOf(2), new Map(), first)).toBe(true);
    expect(await keys.publish(listOf(3), new Map(), first)).toBe(false);
    expect((await keys.current()).list?.serial).toBe(2);
  });

  it("rejects when the store cannot be reached: that is no empty list", async () => {
    const store = { ...memoryStore(), get: () => Promise.reject(new Error("no way")) };
    await expect(keyStore({ store, audience: "test", ...trust }).current()).rejects.toThrow("no way");
  });
});

describe("readSignedKeys()", () => {
  const signed = async (payload: string, text = `portolan keys\n${payload}`) =>
    envelopeText({ payload, ...(await trust.sign(text)) });
  const read = (json: string) => readSignedKeys(json, "test", trust.verify);

  it("takes what control has signed, and nothing that was changed or meant for others", async () => {
    const payload = keyListText(listOf(5));
    const good = await signed(payload);
    expect(await read(good)).toEqual({ ok: true, list: listOf(5) });
    const bad: Record<string, string> = {
      changed: good.replace("shop.example.org", "evil.example.org"),
      unsigned: envelopeText({ payload, keyId: null, signature: null }),
      "another key's": envelopeText({ payload, ...(await trust.sign(`portolan keys\n${payload}`)), keyId: "k2" }),
      "signed as a manifest is": await signed(payload, payload),
      "for another fleet": await signed(keyListText(listOf(5, { audience: "other" }))),
      "of a later format": await signed(keyListText(listOf(5, { format: 2 }))),
      "no list": await signed("{}"),
      "no JSON": "]",
    };
    for (const [what, json] of Object.entries(bad)) expect(await read(json), what).toMatchObject({ ok: false });
    await expect(read(KEY_LIST)).resolves.toMatchObject({ ok: false });
  });
});
