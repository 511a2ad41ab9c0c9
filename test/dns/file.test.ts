import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileDns } from "../../src/dns/file.ts";
import { recordKey, type Zone } from "../../src/core/dns/records.ts";
import { create, recordSet, replace } from "../build/dns.ts";
import { dnsProviderSuite, type RunningDns } from "../conformance/dns-provider.ts";

const ZONE: Zone = { name: "example.org", visibility: "public", id: "example.org" };

async function world(): Promise<RunningDns & { readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "portolan-zones-"));
  const provider = () => fileDns({ folder, zones: [ZONE] });
  const path = join(folder, "example.org.json");
  return {
    folder,
    provider: provider(),
    other: provider(),
    zone: ZONE,
    async seed(sets) {
      const held = (await provider().list(ZONE)).filter(
        (one) => !sets.some((set) => recordKey(set) === recordKey(one)),
      );
      writeFileSync(path, JSON.stringify({ sets: [...held, ...sets] }));
    },
    history: () => null,
    faults: null,
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

dnsProviderSuite({ name: "file", start: world }, [
  {
    reason: "a file has no line to it that could lose or turn away anything",
    tests: [
      "applies everything although answers are lost",
      "applies everything although it is throttled",
      "says that it failed when it is throttled for ever, and goes on later",
    ],
  },
  {
    reason: "nobody watches between two states of a file; a change is one rename",
    tests: ["never leaves a name without a value while all its values change"],
  },
]);

describe("fileDns()", () => {
  const set = recordSet("shop.example.org", "A", ["192.0.2.1"]);

  it("leaves no other file behind, and makes none before it writes", async () => {
    const { folder, provider, zone, close } = await world();
    rmSync(folder, { recursive: true });
    await provider.list(zone);
    expect(existsSync(folder)).toBe(false);
    await provider.apply(zone, [create(set), replace([set], [{ ...set, values: ["192.0.2.2"] }])]);
    expect(readdirSync(folder)).toEqual(["example.org.json"]);
    await close();
  });

  it("refuses a file that it cannot read whole, and leaves it as it is", async () => {
    const { folder, provider, zone, close } = await world();
    const path = join(folder, "example.org.json");
    for (const text of ["{", '{"sets":[{"name":1}]}', JSON.stringify({ sets: [set, set] })]) {
      writeFileSync(path, text);
      await expect(provider.list(zone)).rejects.toThrow("Cannot read the zone file");
      expect((await provider.apply(zone, [create(set)]))[0]?.status).toBe("failed");
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    await close();
  }, 60_000);
});
