import { describe, expect, it } from "vitest";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { cloudflare } from "../../src/dns/cloudflare.ts";
import { create, recordSet, remove, replace } from "../build/dns.ts";
import { dnsProviderSuite, type RunningDns } from "../conformance/dns-provider.ts";
import { type CloudflareServer, type KeptRecord, startCloudflare, TOKEN } from "./cloudflare-server.ts";
import { PLAIN_ZONE_GAPS, UNFENCED_GAPS } from "./gaps.ts";
import { virtualTime } from "./virtual-time.ts";

async function world(limits = {}): Promise<RunningDns & { readonly server: CloudflareServer }> {
  const server = await startCloudflare("example.org", limits);
  const provider = () => cloudflare({ token: TOKEN, baseUrl: server.url, time: virtualTime() });
  let seeded = 0;
  return {
    server,
    provider: provider(),
    other: provider(),
    zone: { name: "example.org", visibility: "public", id: server.zoneId },
    async seed(sets) {
      const others = server.records.filter(
        (one) => !sets.some((set) => set.name === one.name && set.type === one.type),
      );
      const added = sets.flatMap((set) => set.values.map((value) => keptRecord(set, value, `seed${(seeded += 1)}`)));
      server.records = [...others, ...added];
    },
    history: () => server.history.map((records) => records.map((one) => recordSet(one.name, one.type, [one.content]))),
    faults: {
      loseAnswers(count) {
        server.trouble.lose = count;
      },
      throttle(count) {
        server.trouble.throttle = count;
      },
    },
    close: server.close,
  };
}

function keptRecord(set: RecordSet, value: string, id: string): KeptRecord {
  const { name, type, ttlSeconds } = set;
  const [priority, ...rest] = value.split(" ");
  const isMx = type === "MX";
  const content = isMx ? rest.join(" ") : value;
  return {
    id,
    name,
    type,
    content,
    ttl: ttlSeconds ?? 1,
    proxied: false,
    ...(isMx ? { priority: Number(priority) } : {}),
  };
}

dnsProviderSuite({ name: "cloudflare", start: () => world({ maxPage: 500 }) }, [
  ...PLAIN_ZONE_GAPS,
  ...UNFENCED_GAPS,
  { reason: "Cloudflare keeps the NS and SOA of the apex out of its list", tests: ["lists the apex's own records"] },
]);

describe("cloudflare()", () => {
  it("changes values in place, so that none is gone while another comes", async () => {
    const { server, provider, zone, close } = await world();
    const old = recordSet("shop.example.org", "A", ["192.0.2.1", "192.0.2.2"]);
    const next = recordSet("shop.example.org", "A", ["192.0.2.2", "192.0.2.3"]);
    await provider.apply(zone, [create(old)]);
    const kept = server.records.find((one) => one.content === "192.0.2.2");
    await provider.apply(zone, [replace([old], [next])]);
    expect(server.records).toContainEqual(kept);
    expect(server.records.map((one) => one.content)).toEqual(["192.0.2.3", "192.0.2.2"]);
    await close();
  });

  it("reads automatic TTLs and proxied records as they are, and writes them so", async () => {
    const { server, provider, zone, close } = await world();
    const set = recordSet("shop.example.org", "A", ["192.0.2.1"], {
      ttlSeconds: null,
      properties: [{ name: "cloudflare-proxied", value: "true" }],
    });
    expect(await provider.apply(zone, [create(set)])).toEqual([{ status: "applied" }]);
    expect(await provider.list(zone)).toEqual([set]);
    expect(server.records[0]).toMatchObject({ ttl: 1, proxied: true });
    await close();
  });

  it("gives quotes to a text that stands without", async () => {
    const { server, provider, zone, close } = await world();
    server.records = [
      { id: "old", name: "example.org", type: "TXT", content: 'v=spf1 "x" -all', ttl: 300, proxied: false },
    ];
    const set = recordSet("example.org", "TXT", ['"v=spf1 \\"x\\" -all"'], { ttlSeconds: 300 });
    expect(await provider.list(zone)).toEqual([set]);
    expect(await provider.apply(zone, [remove(set)])).toEqual([{ status: "applied" }]);
    expect(server.records).toEqual([]);
    await close();
  });

  it("never writes a name outside the zone, which Cloudflare would put into it", async () => {
    const { server, provider, zone, close } = await world();
    const [outcome] = await provider.apply(zone, [create(recordSet("shop.example.com", "A", ["192.0.2.1"]))]);
    expect(outcome?.status).toBe("refused");
    expect(server.records).toEqual([]);
    await close();
  });

  it("writes 1,000 sets in five batches after one look", async () => {
    const { server, provider, zone, close } = await world();
    const many = Array.from({ length: 1000 }, (_, index) =>
      create(recordSet(`h${index}.example.org`, "A", ["192.0.2.1"])),
    );
    const outcomes = await provider.apply(zone, many);
    expect(outcomes.every((outcome) => outcome.status === "applied")).toBe(true);
    expect(Object.fromEntries(server.calls)).toEqual({
      "GET /zones/ID/dns_records": 1,
      "POST /zones/ID/dns_records/batch": 5,
    });
    await close();
  });

  it("says what is wrong with its token", async () => {
    const { server, zone, close } = await world();
    const provider = cloudflare({ token: "another", baseUrl: server.url, time: virtualTime() });
    await expect(provider.zones()).rejects.toThrow(/Invalid access token/);
    const [outcome] = await provider.apply(zone, [create(recordSet("a.example.org", "A", ["192.0.2.1"]))]);
    expect(outcome).toMatchObject({ status: "failed" });
    await close();
  });
});
