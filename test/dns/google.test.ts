import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { RecordSet } from "../../src/core/dns/records.ts";
import { googleCloudDns } from "../../src/dns/google.ts";
import { metadataToken, serviceAccountToken } from "../../src/dns/google/token.ts";
import { create, recordSet, remove } from "../build/dns.ts";
import { dnsProviderSuite, type RunningDns } from "../conformance/dns-provider.ts";
import { PLAIN_ZONE_GAPS } from "./gaps.ts";
import { ACCOUNT, type GoogleServer, type HeldSet, PROJECT, startGoogle } from "./google-server.ts";
import { virtualTime } from "./virtual-time.ts";
import { listen } from "./webhook-world.ts";

const pair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

async function world(): Promise<RunningDns & { readonly server: GoogleServer }> {
  const server = await startGoogle("example.org", pair.publicKey);
  const token = serviceAccountToken(
    { email: ACCOUNT, privateKey: pair.privateKey },
    { tokenUrl: `${server.url}/token` },
  );
  const provider = () =>
    googleCloudDns({ project: PROJECT, token, baseUrl: `${server.url}/dns/v1`, time: virtualTime() });
  return {
    server,
    provider: provider(),
    other: provider(),
    zone: { name: "example.org", visibility: "public", id: "the-zone" },
    async seed(sets) {
      const held = sets.map(heldSet);
      server.sets = new Map([...server.sets, ...held.map((set) => [`${set.name} (${set.type})`, set] as const)]);
    },
    history: () =>
      server.history.map((state) => state.map((set) => recordSet(set.name.slice(0, -1), set.type, set.rrdatas))),
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

function heldSet({ name, type, ttlSeconds, values }: RecordSet): HeldSet {
  const dot = ["CNAME", "MX", "NS", "SRV"].includes(type) ? "." : "";
  return { name: `${name}.`, type, ttl: ttlSeconds ?? 300, rrdatas: values.map((value) => `${value}${dot}`) };
}

dnsProviderSuite({ name: "google", start: world }, PLAIN_ZONE_GAPS);

describe("googleCloudDns()", () => {
  it("asks for one token an hour, and not for each request", async () => {
    const { server, provider, zone, close } = await world();
    for (let round = 0; round < 5; round += 1) await provider.list(zone);
    expect(server.tokens).toBe(1);
    await close();
  });

  it("lists sets with a routing policy as somebody's, and leaves them alone", async () => {
    const { server, provider, zone, close } = await world();
    const routingPolicy = { wrr: { items: [{ weight: 1, rrdatas: ["192.0.2.1"] }] } };
    const held = { name: "geo.example.org.", type: "A", ttl: 60, routingPolicy };
    server.sets = new Map([...server.sets, ["geo.example.org. (A)", held as unknown as HeldSet]]);
    const listed = (await provider.list(zone)).find((set) => set.name === "geo.example.org");
    expect(listed?.policy).toEqual({ type: "opaque", text: JSON.stringify(routingPolicy) });
    const [outcome] = await provider.apply(zone, [create(recordSet("geo.example.org", "A", ["192.0.2.9"]))]);
    expect(outcome?.status).not.toBe("applied");
    expect(server.sets.get("geo.example.org. (A)")).toBe(held);
    await close();
  });

  it.each(["after a list", "without one"])("deletes what stands in other letters, %s", async (when) => {
    const { server, provider, zone, close } = await world();
    const held = { name: "www.example.org.", type: "CNAME", ttl: 60, rrdatas: ["Edge.Example.NET."] };
    server.sets = new Map([...server.sets, ["www.example.org. (CNAME)", held]]);
    const set = recordSet("www.example.org", "CNAME", ["edge.example.net"]);
    if (when === "after a list") expect(await provider.list(zone)).toContainEqual(set);
    expect(await provider.apply(zone, [remove(set)])).toEqual([{ status: "applied" }]);
    await close();
  });

  it("writes 1,500 sets in two changes and deletes them in two", async () => {
    const { server, provider, zone, close } = await world();
    const many = Array.from({ length: 1500 }, (_, index) => recordSet(`h${index}.example.org`, "A", ["192.0.2.1"]));
    await provider.apply(
      zone,
      many.map((set) => create(set)),
    );
    await provider.apply(
      zone,
      many.map((set) => remove(set)),
    );
    expect(server.history).toHaveLength(4);
    expect(server.sets.size).toBe(2);
    await close();
  });
});

describe("tokens of Google", () => {
  it("are renewed a minute before they end", async () => {
    let now = 1_000_000;
    const server = await startGoogle("example.org", pair.publicKey);
    const account = { email: ACCOUNT, privateKey: pair.privateKey };
    // The JWT is judged by the server's own clock, so this one only runs ahead of it.
    const start = Date.now();
    const token = serviceAccountToken(account, { tokenUrl: `${server.url}/token`, now: () => start + now - 1_000_000 });
    expect(await token()).toBe("token 1");
    now += 3_500_000;
    expect(await token()).toBe("token 1");
    now += 45_000;
    expect(await token()).toBe("token 2");
    await server.close();
  });

  it("are refused to a stranger, without a word about the key", async () => {
    const server = await startGoogle("example.org", pair.publicKey);
    const other = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const token = serviceAccountToken(
      { email: ACCOUNT, privateKey: other.privateKey },
      { tokenUrl: `${server.url}/token` },
    );
    await expect(token()).rejects.toThrow("Cannot get an access token of Google: the server answers HTTP 400");
    const broken = serviceAccountToken({ email: ACCOUNT, privateKey: "secret" }, { tokenUrl: `${server.url}/token` });
    await expect(broken()).rejects.not.toThrow(/secret/);
    await server.close();
  });

  it("come from the metadata server where there is one", async () => {
    const far = await listen(async (request) =>
      request.headers.get("metadata-flavor") === "Google"
        ? Response.json({ access_token: "from the machine", expires_in: 300 })
        : new Response(null, { status: 403 }),
    );
    expect(await metadataToken({ url: far.url })()).toBe("from the machine");
    await far.close();
  });
});
