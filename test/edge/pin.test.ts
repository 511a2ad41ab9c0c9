import { describe, expect, it } from "vitest";
import type { PinOrder } from "../../src/core/decision.ts";
import type { EdgeRequest } from "../../src/edge/message.ts";
import { generatePinKeys, importPinKey, mayPin, parsePinKeys, pinHeader, verifyPins } from "../../src/edge/pin.ts";

const HOST = "shop.example.org";
const COOKIE = "__Host-portolan-0a1b2c3d";
const NOW = 1_000_000;
const order: PinOrder = { cookie: COOKIE, current: null, expiresAtMs: NOW + 60_000 };

async function key(id: string, byte: number) {
  return await importPinKey(id, new Uint8Array(32).fill(byte));
}

function asking(cookie: string, host = HOST): EdgeRequest {
  return {
    method: "GET",
    target: "/",
    host,
    headers: [["cookie", cookie]],
    body: null,
    bodyLength: null,
    peerAddress: null,
    scheme: "https",
    runtimeLocation: null,
    signal: new AbortController().signal,
  };
}

async function signed(cluster = "eu", keys = [key("k1", 1)] as const): Promise<string> {
  const header = await pinHeader(order, cluster, { keys: [await keys[0]], host: HOST, nowMs: NOW });
  return header?.[1] ?? "";
}

const pairOf = (setCookie: string) => setCookie.split(";", 1)[0] ?? "";

describe("pins", () => {
  it("come back as they were given, with the attributes that keep them safe", async () => {
    const text = await signed();
    expect(text).toMatch(
      /^__Host-portolan-0a1b2c3d=1\.k1\.\w+\.eu\.[\w-]{43}; Path=\/; Max-Age=60; Secure; HttpOnly; SameSite=Lax$/,
    );
    const pins = await verifyPins(asking(`a=b; ${pairOf(text)}`), [await key("k1", 1)], NOW);
    expect(pins).toEqual([{ cookie: COOKIE, cluster: "eu", expiresAtMs: NOW + 60_000 }]);
    expect(
      await verifyPins(asking(pairOf(text), `${HOST.toUpperCase()}.:443`), [await key("k1", 1)], NOW),
    ).toHaveLength(1);
  });

  it("are not given again to a client that has one", async () => {
    const about = { keys: [await key("k1", 1)] as const, host: HOST, nowMs: NOW };
    expect(await pinHeader({ ...order, current: "eu" }, "eu", about)).toBeNull();
    expect(await pinHeader({ ...order, current: "eu" }, "us", about)).not.toBeNull();
  });

  it("are worth nothing when forged: another cluster, expiry, cookie, host, key or signature", async () => {
    const pair = pairOf(await signed());
    const keys = [await key("k1", 1)] as const;
    const forged = [
      pair.replace(".eu.", ".us."),
      pair.replace(/^([^=]+=1\.k1\.)(\w+)/, "$1zzzzzz"),
      pair.replace("0a1b2c3d", "0a1b2c3e"),
      pair.replace("=1.", "=2."),
      pair.replace(".k1.", ".k9."),
      `${pair.slice(0, -1)}${pair.endsWith("A") ? "B" : "A"}x`,
      pair.slice(0, pair.lastIndexOf(".") + 1),
      `${pair}.x`,
      `${COOKIE}=`,
      `${COOKIE}=1.k1.zz.eu.%%%`,
    ];
    for (const cookie of forged) expect([cookie, await verifyPins(asking(cookie), keys, NOW)]).toEqual([cookie, []]);
    expect(await verifyPins(asking(pair, "other.example.org"), keys, NOW)).toEqual([]);
    expect(await verifyPins(asking(pair), [await key("k1", 2)], NOW)).toEqual([]);
    expect(await verifyPins(asking(pair), keys, NOW + 60_000)).toEqual([]);
    expect(await verifyPins(asking(pair, "not a host"), keys, NOW)).toEqual([]);
  });

  it("outlive the key that signed them while that one still verifies", async () => {
    const old = pairOf(await signed("eu"));
    const rotated = [await key("k2", 2), await key("k1", 1)] as const;
    expect(await verifyPins(asking(old), rotated, NOW)).toHaveLength(1);
    const fresh = await pinHeader(order, "eu", { keys: rotated, host: HOST, nowMs: NOW });
    expect(fresh?.[1]).toContain("=1.k2.");
  });

  it("cost a bounded number of checks, however many cookies come", async () => {
    const keys = await generatePinKeys();
    const header = await pinHeader(order, "eu", { keys, host: HOST, nowMs: NOW });
    const pair = pairOf(header?.[1] ?? "");
    const many = `${Array.from({ length: 50 }, (_, index) => `__Host-portolan-${index}=x`).join("; ")}; ${pair}`;
    expect(await verifyPins(asking(many), keys, NOW)).toEqual([]);
    expect(await verifyPins(asking(`${pair}; ${many}`), keys, NOW)).toHaveLength(1);
  });

  it("take their keys as operators write them, and refuse weak ones", async () => {
    const [one, two] = ["a", "b"].map((letter) => btoa(letter.repeat(32)));
    const keys = await parsePinKeys(`new:${one}, old:${two}`);
    expect(keys.map(({ id }) => id)).toEqual(["new", "old"]);
    await expect(parsePinKeys(`new:${btoa("short")}`)).rejects.toThrow(
      'Cannot use pin key "new": it has 5 bytes of at least 32',
    );
    await expect(parsePinKeys(`a.b:${one}`)).rejects.toThrow(/its id is not/);
  });

  it.each([
    ["public, max-age=60", true],
    ["max-age=0, s-maxage=9", true],
    ["private, max-age=60", false],
    ["no-store", false],
  ])("stay out of answers that a shared cache keeps: %s", (value, shared) => {
    expect(mayPin(200, [["cache-control", value]])).toBe(!shared);
    expect(mayPin(503, [])).toBe(false);
  });
});
