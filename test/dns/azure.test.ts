import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { edgeHostSets } from "../../src/core/dns/edge-hosts.ts";
import { azureDns } from "../../src/dns/azure.ts";
import { relativeName, setFromAzure, setToAzure } from "../../src/dns/azure/records.ts";
import { certificateToken, clientSecretToken, managedIdentityToken, workloadToken } from "../../src/dns/azure/token.ts";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { create, recordSet, remove, replace } from "../build/dns.ts";
import { dnsProviderSuite, type RunningDns } from "../conformance/dns-provider.ts";
import { APPLICATION, AZURE, type AzureServer, startAzure } from "./azure-server.ts";
import { PLAIN_ZONE_GAPS } from "./gaps.ts";
import { virtualTime } from "./virtual-time.ts";
import { listen } from "./webhook-world.ts";

async function world(): Promise<RunningDns & { readonly server: AzureServer }> {
  const server = await startAzure("example.org");
  const token = clientSecretToken(APPLICATION, { authority: server.url });
  const provider = () => azureDns({ ...AZURE, token, baseUrl: server.url, time: virtualTime() });
  const zone = { name: "example.org", visibility: "public", id: server.zoneId } as const;
  return {
    server,
    provider: provider(),
    other: provider(),
    zone,
    async seed(sets) {
      for (const set of sets) server.put(relativeName(set.name, zone), set.type, propertiesOf(set));
    },
    history: () => server.history.map((state) => state.map((held) => setFromAzure(held, zone))),
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

function propertiesOf(set: RecordSet): Readonly<Record<string, unknown>> {
  if (set.type === "MX") {
    const MXRecords = set.values.map((value) => {
      const [preference = "", exchange = ""] = value.split(" ");
      return { preference: Number(preference), exchange };
    });
    return { TTL: set.ttlSeconds, MXRecords };
  }
  return (setToAzure(set, null) as { properties: Readonly<Record<string, unknown>> }).properties;
}

dnsProviderSuite({ name: "azure", start: world }, [
  ...PLAIN_ZONE_GAPS,
  {
    reason:
      "Azure writes one set a request: a name that changes its type is gone in between, so that no plan asks for it",
    tests: ["turns a CNAME into addresses in one change, and back"],
  },
]);

describe("azureDns()", () => {
  const set = recordSet("shop.example.org", "A", ["192.0.2.1"]);
  const owner = recordSet("_portolan.shop.example.org", "TXT", ['"portolan=1 owner=east"']);
  const changed = [
    { ...set, values: ["192.0.2.2"] },
    { ...owner, values: ['"portolan=1 owner=east since=2"'] },
  ];

  it("writes each set once and reads nothing that it has just listed", async () => {
    const { server, provider, zone, close } = await world();
    const many = Array.from({ length: 50 }, (_, index) => recordSet(`h${index}.example.org`, "A", ["192.0.2.1"]));
    await provider.list(zone);
    server.requests.length = 0;
    await provider.apply(
      zone,
      many.map((one) => create(one)),
    );
    await provider.apply(
      zone,
      many.map((one) => replace([one], [{ ...one, values: ["192.0.2.2"] }])),
    );
    await provider.apply(
      zone,
      many.map((one) => remove({ ...one, values: ["192.0.2.2"] })),
    );
    expect(server.requests).toHaveLength(150);
    await close();
  });

  it("takes its ownership back when the record turns out to be somebody else's", async () => {
    const { server, provider, zone, close } = await world();
    await provider.list(zone);
    server.put("shop", "A", { TTL: 60, ARecords: [{ ipv4Address: "198.51.100.7" }] });
    const [outcome] = await provider.apply(zone, [create(owner, set)]);
    expect(outcome?.status).toBe("overtaken");
    const left = (await provider.list(zone)).filter((one) => one.name.includes("shop"));
    expect(left).toEqual([{ ...set, values: ["198.51.100.7"] }]);
    await close();
  });

  it("loses the race for a name at its TXT, before any record was touched", async () => {
    const { server, provider, zone, close } = await world();
    await provider.apply(zone, [create(set, owner)]);
    await provider.list(zone);
    server.put("_portolan.shop", "TXT", { TTL: 60, TXTRecords: [{ value: ["portolan=1 owner=west"] }] });
    server.history.length = 0;
    const [outcome] = await provider.apply(zone, [replace([set, owner], changed)]);
    expect(outcome?.status).toBe("overtaken");
    expect(server.history).toEqual([]);
    await close();
  });

  it("writes again when only the etag has changed, and keeps people's metadata", async () => {
    const { server, provider, zone, close } = await world();
    await provider.apply(zone, [create(set)]);
    await provider.list(zone);
    server.put("shop", "A", { TTL: 60, ARecords: [{ ipv4Address: "192.0.2.1" }], metadata: { team: "shop" } });
    const [outcome] = await provider.apply(zone, [replace([set], [{ ...set, values: ["192.0.2.2"] }])]);
    expect(outcome?.status).toBe("applied");
    expect(server.sets.get("shop\ta")?.properties["metadata"]).toEqual({ team: "shop" });
    await close();
  });

  it("lists an alias of Azure as somebody's, and leaves it alone", async () => {
    const { server, provider, zone, close } = await world();
    const targetResource = { id: "/subscriptions/1/…/trafficManagerProfiles/shop" };
    server.put("shop", "A", { TTL: 60, ARecords: [], targetResource });
    const listed = (await provider.list(zone)).find((one) => one.name === "shop.example.org");
    expect(listed?.policy).toEqual({ type: "opaque", text: targetResource.id });
    expect((await provider.apply(zone, [create(set)]))[0]?.status).toBe("overtaken");
    expect(server.sets.get("shop\ta")?.properties["targetResource"]).toEqual(targetResource);
    await close();
  });

  it("does not follow a next page to another server with its token", async () => {
    const far = await listen(async (request) =>
      new URL(request.url).pathname.endsWith("/token")
        ? Response.json({ access_token: "a", expires_in: 3600 })
        : Response.json({ value: [], nextLink: "http://203.0.113.1/steal" }),
    );
    const provider = azureDns({
      ...AZURE,
      token: clientSecretToken(APPLICATION, { authority: far.url }),
      baseUrl: far.url,
      time: virtualTime(),
    });
    await expect(provider.zones()).rejects.toThrow("the next page is at another server");
    await far.close();
  });

  it("cannot express bias, and that is said", () => {
    const place = (name: string, latitude: number) => ({
      name,
      hostName: null,
      addresses: ["192.0.2.1"],
      location: { latitude, longitude: 8 },
      latencyRegion: null,
      bias: 20,
      aliasZoneId: null,
    });
    const { capabilities } = azureDns({ ...AZURE, token: async () => "none" });
    const zone = { name: "example.org", visibility: "public", id: "z" } as const;
    const options = { zone, capabilities, ttlSeconds: 30, resolved: new Map() };
    const { losses } = edgeHostSets("shop.example.org", [place("fra", 50), place("mil", 45)], options);
    expect(losses).toContain('Azure DNS cannot express bias: that of fra, mil is lost for "shop.example.org"');
  });
});

describe("tokens of Azure", () => {
  it("are given for a certificate that signs, and refused to a stranger's", async () => {
    const folder = mkdtempSync(join(tmpdir(), "portolan-azure-"));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const make = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      certificate,
      "-days",
      "1",
      "-subj",
      "/CN=portolan",
    ];
    execFileSync("openssl", make, { stdio: "ignore" });
    const pem = readFileSync(certificate, "utf8");
    const { raw, publicKey } = new X509Certificate(pem);
    const server = await startAzure("example.org", {
      publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
      thumbprint: createHash("sha256").update(raw).digest("base64url"),
    });
    const application = { ...APPLICATION, certificate: pem };
    const token = certificateToken(
      { ...application, privateKey: readFileSync(key, "utf8") },
      { authority: server.url },
    );
    expect(await token()).toBe("token-1");
    expect(await token()).toBe("token-1");
    const { privateKey: other } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const strange = other.export({ type: "pkcs8", format: "pem" }).toString();
    const refused = certificateToken({ ...application, privateKey: strange }, { authority: server.url });
    await expect(refused()).rejects.toThrow("Cannot get an access token of Azure: the server answers HTTP 401");
    const broken = certificateToken({ ...application, privateKey: "hush" }, { authority: server.url });
    await expect(broken()).rejects.not.toThrow(/hush/);
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("are given for what the cluster signed, read anew each time, and by the machine itself", async () => {
    const asked: string[] = [];
    const far = await listen(async (request) => {
      const body = new URLSearchParams(await request.text());
      asked.push(body.get("client_assertion") ?? `${request.headers.get("metadata")} ${new URL(request.url).search}`);
      return Response.json({ access_token: "of the machine", expires_in: "61" });
    });
    let count = 0;
    const token = workloadToken(APPLICATION, async () => `signed ${(count += 1)}\n`, { authority: far.url });
    expect(await token()).toBe("of the machine");
    const identity = managedIdentityToken("mine", { url: far.url });
    expect(await identity()).toBe("of the machine");
    expect(asked[0]).toBe("signed 1");
    expect(asked[1]).toContain(
      "true ?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=mine",
    );
    await far.close();
  });
});
