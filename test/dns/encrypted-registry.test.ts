import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { plainSet, type RecordSet, recordKey, type Zone } from "../../src/core/dns/records.ts";
import { parseLabels } from "../../src/core/dns/txt-registry.ts";
import { txtText, txtValue } from "../../src/core/dns/txt-text.ts";
import { encryptedRegistry } from "../../src/dns/encrypted-registry.ts";
import { memoryDns, memoryZones, type MemoryZones } from "../../src/dns/memory.ts";
import { registryKey } from "../../src/dns/txt-encryption.ts";
import { zoneAccess } from "../../workers/dns-providers.ts";
import { loadDnsSettings } from "../../workers/dns-settings.ts";
import { controlSettings, testControl, type TestControl, THREE, type WorldState } from "../build/dns-control.ts";
import { dnsProviderSuite } from "../conformance/dns-provider.ts";
import { memoryWorld } from "./memory-world.ts";

const KEY = "0123456789abcdef0123456789abcdef";
const ZONE: Zone = { name: "example.org", visibility: "public", id: "Z1" };
const key = await registryKey(KEY);

dnsProviderSuite({
  name: "memory behind an encrypted registry",
  start: async () => {
    const world = memoryWorld();
    return { ...world, provider: encryptedRegistry(world.provider, key) };
  },
});

/** As external-dns writes it, by Node's own crypto. */
function sealedByOthers(text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", KEY, nonce);
  const data = Buffer.concat([cipher.update(gzipSync(text)), cipher.final()]);
  return txtValue(Buffer.concat([nonce, data, cipher.getAuthTag()]).toString("base64"));
}

/** What external-dns reads; null for a text that is not encrypted. */
function openedByOthers(value: string): string | null {
  const bytes = Buffer.from(txtText(value) ?? "", "base64");
  if (value.includes("heritage")) return null;
  const decipher = createDecipheriv("aes-256-gcm", KEY, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return gunzipSync(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])).toString();
}

function compat(zones: MemoryZones, isEncrypted: boolean): TestControl {
  const settings = controlSettings("east", { federation: null });
  const memory = memoryDns(zones);
  const compatible = settings.zones.map((one) => ({ ...one, mode: "compat" as const }));
  return testControl(isEncrypted ? encryptedRegistry(memory, key) : memory, "east", {
    settings: { ...settings, zones: compatible },
  });
}

async function sets(zones: MemoryZones): Promise<readonly RecordSet[]> {
  return [...((await zones.read(ZONE.id)) ?? new Map<string, RecordSet>()).values()];
}

async function txts(zones: MemoryZones): Promise<readonly string[]> {
  return (await sets(zones)).filter(({ type }) => type === "TXT").flatMap(({ values }) => values);
}

const hosts = (...list: readonly string[]): WorldState => ({
  ...THREE,
  hosts: list,
  deleted: { ...THREE.deleted, hosts: ["shop.example.org", "more.example.org"].filter((one) => !list.includes(one)) },
});

describe("encryptedRegistry() in mode compat", () => {
  it("writes what external-dns reads, stays in step, and takes everything back", async () => {
    const zones = memoryZones(ZONE);
    const control = compat(zones, true);
    await control.step(hosts("shop.example.org"));
    const [value = ""] = await txts(zones);
    expect(parseLabels(openedByOthers(value) ?? "")).toMatchObject({ owner: "east" });
    // The same again: nothing to do, and the same bytes.
    await control.step(hosts("shop.example.org"));
    expect(await txts(zones)).toEqual([value]);
    await compat(zones, true).step(hosts("shop.example.org", "more.example.org"));
    const both = await txts(zones);
    expect(both).toContain(value);
    expect(new Set(both.map((one) => (txtText(one) ?? "").slice(0, 16))).size).toBe(2);
    await compat(zones, true).step(hosts());
    expect((await sets(zones)).map(({ name }) => name)).not.toContain("shop.example.org");
    expect(await txts(zones)).toEqual([]);
  });

  it("takes over what an external-dns with the same owner and key wrote, encrypted or plain", async () => {
    const zones = memoryZones(ZONE);
    const text = (host: string) =>
      `heritage=external-dns,external-dns/owner=east,external-dns/resource=ingress/default/${host}`;
    const theirs = [
      plainSet("shop.example.org", "A", ["198.51.100.1"], 300),
      plainSet("a-shop.example.org", "TXT", [sealedByOthers(text("shop.example.org"))], 300),
      plainSet("more.example.org", "A", ["198.51.100.2"], 300),
      plainSet("a-more.example.org", "TXT", [txtValue(text("more.example.org"))], 300),
    ];
    const current = (await zones.read(ZONE.id)) ?? new Map<string, RecordSet>();
    await zones.swap(ZONE.id, current, new Map([...current, ...theirs.map((set) => [recordKey(set), set] as const)]));
    await compat(zones, true).step(hosts("shop.example.org", "more.example.org"));
    const addresses = (await sets(zones)).filter(({ type }) => type === "A").map(({ values }) => values.join());
    expect(addresses).toEqual(["203.0.113.1", "203.0.113.1"]);
    const owners = (await txts(zones)).map((value) => parseLabels(openedByOthers(value) ?? "")?.["owner"]);
    expect(owners).toEqual(["east", "east"]);
  });

  it("leaves alone what it has no key for", async () => {
    const zones = memoryZones(ZONE);
    await compat(zones, true).step(hosts("shop.example.org"));
    const before = await sets(zones);
    await compat(zones, false).step(hosts());
    expect(await sets(zones)).toEqual(before);
  });
});

describe("zoneAccess() with a registry's key", () => {
  const open = async (secret: string) => {
    const folder = mkdtempSync(join(tmpdir(), "portolan-registry-"));
    writeFileSync(join(folder, "registry.key"), `${secret}\n`);
    const registry = { encryptionKey: { file: "registry.key" } };
    const zone = { name: "example.org", provider: { type: "file", path: "zones" }, mode: "compat", registry };
    writeFileSync(join(folder, "dns.yaml"), JSON.stringify({ owner: "east", zones: [zone] }));
    const { zones } = await loadDnsSettings(join(folder, "dns.yaml"));
    return { folder, access: await zoneAccess(zones) };
  };

  it("encrypts what is written, with the key that the settings name", async () => {
    const { folder, access } = await open(Buffer.from(KEY).toString("base64"));
    const [zone] = (await access[0]?.provider.zones()) ?? [];
    if (zone === undefined) throw new Error("no zone");
    const txt = plainSet("a-x.example.org", "TXT", [txtValue("heritage=external-dns,external-dns/owner=east")], 300);
    const change = { action: "create", name: txt.name, before: [], after: [txt], reason: "" } as const;
    expect(await access[0]?.provider.apply(zone, [change])).toEqual([{ status: "applied" }]);
    expect(await access[0]?.provider.list(zone)).toContainEqual(txt);
    const written = readFileSync(join(folder, "zones", "example.org.json"), "utf8");
    expect(written).toContain("a-x.example.org");
    expect(written).not.toContain("heritage");
  });

  it("refuses a key that is none, and does not say it", async () => {
    const failed = await open("too-short-a-secret").catch(String);
    expect(failed).toContain('Cannot open zone "example.org": Cannot use the registry');
    expect(failed).not.toContain("too-short");
  });
});
