import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { KVNamespace } from "@cloudflare/workers-types";
import { describe, expect, it } from "vitest";
import { cloudflare } from "../../src/core/geo/regions/cloudflare-colos.ts";
import { fastly } from "../../src/core/geo/regions/fastly-pops.ts";
import { readRegions } from "../../src/core/geo/regions/region-text.ts";
import { startCloudflare, storeOf } from "../../workers/cloudflare-start.ts";

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
    const plain = await startCloudflare({ ...(await bindings()), DEBUG_TOKEN: "open", PIN_KEYS: keys }, "fra");
    expect([plain.settings.debugToken, plain.pins === null, plain.sign]).toEqual(["open", false, null]);
    const kept = await startCloudflare(
      {
        ...(await bindings()),
        DEBUG_TOKEN: stored("open"),
        PIN_KEYS: stored(keys),
        HOP_KEYS: stored(`k1 ${btoa("0123456789abcdef0123456789abcdef")}`),
      },
      "fra",
    );
    expect([kept.settings.debugToken, kept.pins === null, kept.sign === null]).toEqual(["open", false, false]);
  });

  it.each([
    ["fra", {}, { latitude: 50.11, longitude: 8.68 }],
    ["waw", {}, { latitude: 52.2, longitude: 21 }],
    ["waw", { LOCATION: "1,2" }, { latitude: 1, longitude: 2 }],
    ["unknown", {}, null],
  ])("knows the edge's own place in %s, given %j", async (colo, given, place) => {
    const { settings } = await startCloudflare({ ...(await bindings()), ...given }, colo);
    expect(settings.location).toEqual(place);
  });

  it("knows each place once, and none of it is nowhere", () => {
    const rows = [...readRegions(cloudflare), ...readRegions(fastly)];
    expect(new Set(rows.map(([code]) => code)).size).toBe(rows.length);
    for (const [code, { latitude, longitude }] of rows) {
      expect(code).toMatch(/^[A-Z]{3}$/);
      expect(Math.abs(latitude)).toBeLessThan(70);
      expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
    }
  });

  it("does not start without a secret that is bound and not there", async () => {
    const gone = { get: () => Promise.reject(new Error("Secret not found")) };
    await expect(startCloudflare({ ...(await bindings()), DEBUG_TOKEN: gone }, "fra")).rejects.toThrow(
      "Secret not found",
    );
  });
});

describe("storeOf()", () => {
  it("asks the second store for what KV does not have, as for what it cannot give", async () => {
    const server = createServer((request, response) => void response.end(`http ${request.url}`));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const kv = (get: (key: string) => Promise<string | null>) => ({ get }) as unknown as KVNamespace;
    const ask = (get: (key: string) => Promise<string | null>) =>
      storeOf({ SNAPSHOTS: kv(get), SNAPSHOT_URL: `http://127.0.0.1:${port}/` }).get("manifest");
    expect(await ask(() => Promise.resolve("kv"))).toBe("kv");
    expect(await ask(() => Promise.resolve(null))).toBe("http /manifest");
    expect(await ask(() => Promise.reject(new Error("KV is down")))).toBe("http /manifest");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
