import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { rfc2136 } from "../../../src/dns/rfc2136.ts";
import { create, recordSet } from "../../build/dns.ts";
import { dnsProviderSuite, type Gap } from "../../conformance/dns-provider.ts";
import { PLAIN_ZONE_GAPS } from "../../dns/gaps.ts";
import { virtualTime } from "../../dns/virtual-time.ts";
import { KEY, rfc2136World, startBind, startKnot } from "./name-servers.ts";

const GAPS: readonly Gap[] = [
  ...PLAIN_ZONE_GAPS,
  {
    reason: "the server cannot be watched between its writes; an update is one transaction of it",
    tests: ["never leaves a name without a value while all its values change"],
  },
];

dnsProviderSuite({ name: "rfc2136 on BIND", start: () => rfc2136World(startBind) }, GAPS);
dnsProviderSuite({ name: "rfc2136 on Knot", start: () => rfc2136World(startKnot) }, GAPS);

describe.each([
  ["BIND", startBind],
  ["Knot", startKnot],
] as const)("rfc2136() on %s", (_, start) => {
  const zones = [{ name: "example.org", visibility: "public" } as const];
  const zone = { name: "example.org", visibility: "public", id: "example.org" } as const;

  it("writes what dig sees", async () => {
    const server = await start();
    const provider = rfc2136({ host: "127.0.0.1", port: server.port, zones, key: KEY });
    await provider.apply(zone, [create(recordSet("shop.example.org", "A", ["192.0.2.1", "192.0.2.2"]))]);
    const seen = execFileSync("dig", ["@127.0.0.1", "-p", String(server.port), "+short", "shop.example.org", "A"], {
      encoding: "utf8",
    });
    await server.close();
    expect(
      seen
        .trim()
        .split("\n")
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it.each([
    [
      "another secret",
      { ...KEY, secret: Buffer.from("another secret of thirty-two byt") },
      /BADSIG|not signed|NOTAUTH/,
    ],
    ["an unknown key", { ...KEY, name: "stranger" }, /BADKEY|not signed|NOTAUTH/],
  ])("neither lists nor writes with %s", async (_name, key, message) => {
    const server = await start();
    const provider = rfc2136({ host: "127.0.0.1", port: server.port, zones, key, time: virtualTime() });
    await expect(provider.list(zone)).rejects.toThrow(message);
    const [outcome] = await provider.apply(zone, [create(recordSet("shop.example.org", "A", ["192.0.2.1"]))]);
    await server.close();
    expect(outcome?.status).toBe("failed");
  });

  it("does not write when its clock is an hour off, and says why", async () => {
    const server = await start();
    const now = () => Date.now() - 3_600_000;
    const provider = rfc2136({ host: "127.0.0.1", port: server.port, zones, key: KEY, time: virtualTime(), now });
    await expect(provider.list(zone)).rejects.toThrow(/BADTIME/);
    await server.close();
  });
});
