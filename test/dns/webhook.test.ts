import { describe, expect, it } from "vitest";
import { memoryDns } from "../../src/dns/memory.ts";
import { externalDnsWebhook } from "../../src/dns/webhook.ts";
import { MEDIA_TYPE } from "../../src/dns/webhook/json.ts";
import { create, recordSet, weighted } from "../build/dns.ts";
import { dnsProviderSuite } from "../conformance/dns-provider.ts";
import { PLAIN_ZONE_GAPS, UNFENCED_GAPS } from "./gaps.ts";
import { virtualTime } from "./virtual-time.ts";
import { listen, WEBHOOK_ZONE, webhookWorld } from "./webhook-world.ts";

dnsProviderSuite({ name: "external-dns webhook", start: webhookWorld }, [
  ...PLAIN_ZONE_GAPS,
  ...UNFENCED_GAPS,
  { reason: "a webhook has no business with the apex's own records", tests: ["lists the apex's own records"] },
]);

describe("the webhook server before a provider", () => {
  const post = (url: string, path: string, body: unknown) =>
    fetch(`${url}${path}`, { method: "POST", headers: { "content-type": MEDIA_TYPE }, body: JSON.stringify(body) });

  it("says which domains it serves", async () => {
    const { url, close } = await webhookWorld();
    const response = await fetch(url, { headers: { accept: MEDIA_TYPE } });
    expect(response.headers.get("content-type")).toBe(MEDIA_TYPE);
    expect(await response.json()).toEqual({ include: ["example.org"] });
    await close();
  });

  it("takes external-dns' changes, an address and its TXT as one, weights as properties", async () => {
    const { url, zones, close } = await webhookWorld();
    const wire = (dnsName: string, recordType: string, targets: readonly string[], rest = {}) => ({
      dnsName,
      recordType,
      targets,
      ...rest,
    });
    const blue = { setIdentifier: "blue", providerSpecific: [{ name: "aws/weight", value: "10" }] };
    const owned = { labels: { ownedRecord: "shop.example.org" } };
    const response = await post(url, "/records", {
      Create: [
        wire("shop.example.org", "A", ["192.0.2.1"], { recordTTL: 60, ...blue }),
        wire("a-shop.example.org", "TXT", ['"heritage=external-dns,external-dns/owner=me"'], { ...blue, ...owned }),
        wire("new.example.org", "CNAME", ["Edge.Example.NET"]),
      ],
    });
    expect(response.status).toBe(204);
    const sets = await memoryDns(zones).list({ ...WEBHOOK_ZONE, id: "zone-1" });
    expect(sets).toContainEqual(weighted("shop.example.org", "blue", 10, "192.0.2.1"));
    expect(sets).toContainEqual(recordSet("new.example.org", "CNAME", ["edge.example.net"], { ttlSeconds: 300 }));
    await close();
  });

  it("leaves out one endpoint that it cannot read, says so, and writes the others", async () => {
    const { url, zones, close } = await webhookWorld();
    const wire = (name: string) => ({ dnsName: `${name}.example.org`, recordType: "A", targets: ["192.0.2.1"] });
    const response = await post(url, "/records", { create: [{ ...wire("odd"), setIdentifier: "x" }, wire("good")] });
    expect([response.status, await response.text()]).toEqual([
      500,
      expect.stringContaining('Cannot read the endpoint A "odd.example.org"'),
    ]);
    const names = (await memoryDns(zones).list({ ...WEBHOOK_ZONE, id: "zone-1" })).map((set) => set.name);
    expect(names).toContain("good.example.org");
    expect(names).not.toContain("odd.example.org");
    await close();
  });

  it("takes an identifier without a policy away before external-dns plans", async () => {
    const { url, close } = await webhookWorld();
    const endpoint = { dnsName: "odd.example.org", recordType: "A", targets: ["192.0.2.1"], setIdentifier: "x" };
    const { setIdentifier: _, ...plain } = endpoint;
    expect(await (await post(url, "/adjustendpoints", [endpoint])).json()).toEqual([plain]);
    await close();
  });

  it("turns a deleted CNAME and a created address into one replacement", async () => {
    const { url, zones, history, seed, close } = await webhookWorld();
    await seed([recordSet("shop.example.org", "CNAME", ["edge.example.net"], { ttlSeconds: 300 })]);
    const response = await post(url, "/records", {
      create: [{ dnsName: "shop.example.org", recordType: "A", targets: ["192.0.2.1"] }],
      delete: [{ dnsName: "shop.example.org", recordType: "CNAME", targets: ["edge.example.net"] }],
    });
    expect(response.status).toBe(204);
    expect(history()).toHaveLength(1);
    const sets = await memoryDns(zones).list({ ...WEBHOOK_ZONE, id: "zone-1" });
    expect(sets).toContainEqual(recordSet("shop.example.org", "A", ["192.0.2.1"], { ttlSeconds: 300 }));
    await close();
  });

  it("does what it can and answers 500 when a change is refused or overtaken", async () => {
    const { url, zones, seed, close } = await webhookWorld();
    await seed([recordSet("www.example.org", "A", ["198.51.100.1"])]);
    const response = await post(url, "/records", {
      create: [
        { dnsName: "www.example.org", recordType: "A", targets: ["192.0.2.1"] },
        { dnsName: "ok.example.org", recordType: "A", targets: ["192.0.2.1"] },
        { dnsName: "elsewhere.example.com", recordType: "A", targets: ["192.0.2.1"] },
      ],
    });
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/Cannot apply 2 changes/);
    const names = (await memoryDns(zones).list({ ...WEBHOOK_ZONE, id: "zone-1" })).map((set) => set.name);
    expect(names).toContain("ok.example.org");
    await close();
  });

  it("adjusts endpoints to how they will be given back", async () => {
    const { url, close } = await webhookWorld();
    const response = await post(url, "/adjustendpoints", [
      { dnsName: "Shop.example.org", recordType: "AAAA", targets: ["2001:DB8:0:0::1"], labels: { owner: "me" } },
    ]);
    expect(await response.json()).toEqual([
      { dnsName: "shop.example.org", recordType: "AAAA", targets: ["2001:db8::1"], labels: { owner: "me" } },
    ]);
    await close();
  });
});

describe("externalDnsWebhook()", () => {
  it("does not believe a server that does not speak the protocol", async () => {
    const far = await listen(async () => Response.json([]));
    const provider = externalDnsWebhook({ url: far.url, zones: [WEBHOOK_ZONE], time: virtualTime() });
    await expect(provider.list(WEBHOOK_ZONE)).rejects.toThrow(/answers HTTP 200 with "application\/json"/);
    const [outcome] = await provider.apply(WEBHOOK_ZONE, [create(recordSet("a.example.org", "A", ["192.0.2.1"]))]);
    expect(outcome?.status).toBe("failed");
    await far.close();
  });
});
