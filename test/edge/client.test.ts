import { describe, expect, it } from "vitest";
import { parseCidrs } from "../../src/core/address/cidr.ts";
import { KNOWN_COUNTRIES } from "../../src/core/geo/countries.ts";
import { overrideTable } from "../../src/core/geo/override-table.ts";
import { headerLocation } from "../../src/core/geo/platform-location.ts";
import { type ClientSources, identifyClient } from "../../src/edge/client.ts";
import type { HeaderField } from "../../src/edge/message.ts";

const trust: ClientSources["trust"] = {
  cidrs: parseCidrs(["127.0.0.1/32", "10.0.0.0/8"]).cidrs,
  hops: 0,
  header: null,
};
const sources = {
  overrides: overrideTable([{ cidr: "192.0.2.0/24", country: "DE", location: null }]),
  locator: null,
  headerLocation: headerLocation("cloudfront"),
  zonePoint: null,
  countries: KNOWN_COUNTRIES,
};

function identify(headers: readonly HeaderField[], peerAddress = "127.0.0.1", more: Partial<typeof trust> = {}) {
  return identifyClient(
    {
      method: "GET",
      target: "/",
      host: "a.example.org",
      headers,
      peerAddress,
      scheme: "http",
      runtimeLocation: null,
    },
    { ...sources, trust: { ...trust, ...more } },
  );
}

const address = (headers: readonly HeaderField[], peer?: string, more?: Partial<typeof trust>) =>
  identify(headers, peer, more).client.address;

describe("identifyClient()", () => {
  it("believes the header that a trusted proxy sent, whichever of the two it is", () => {
    expect(address([["x-forwarded-for", "198.51.100.9, 192.0.2.7, 10.1.1.1"]])).toBe("192.0.2.7");
    expect(address([["forwarded", 'for="[2001:db8::7]:80", for=10.1.1.1']])).toBe("2001:db8::7");
    expect(identify([["x-forwarded-for", "192.0.2.7"]]).client.location.country).toBe("DE");
  });

  it("believes nobody else", () => {
    expect(address([["x-forwarded-for", "192.0.2.7"]], "203.0.113.1")).toBe("203.0.113.1");
    expect(identify([["x-forwarded-for", "192.0.2.7"]], "203.0.113.1").trusted).toBe(false);
    expect(identify([["cloudfront-viewer-country", "FR"]], "203.0.113.1").client.location.country).toBeNull();
  });

  it("lets no client claim an address in the header that its proxy does not maintain", () => {
    const maintained: HeaderField = ["x-forwarded-for", "203.0.113.5"];
    expect(address([["forwarded", "for=192.0.2.7"], maintained])).toBe("127.0.0.1");
    expect(
      address([
        ["x-forwarded-for", "192.0.2.7"],
        ["forwarded", "for=203.0.113.5"],
      ]),
    ).toBe("127.0.0.1");
    expect(address([["forwarded", "for=203.0.113.5"], maintained])).toBe("203.0.113.5");
  });

  it("believes as many hops as it was told, whatever their addresses", () => {
    const chain: readonly HeaderField[] = [["x-forwarded-for", "192.0.2.1, 192.0.2.7, 203.0.113.8"]];
    const after = (hops: number) => address(chain, "203.0.113.9", { cidrs: [], hops });
    expect([0, 1, 2, 3, 9].map(after)).toEqual(["203.0.113.9", "203.0.113.8", "192.0.2.7", "192.0.2.1", "192.0.2.1"]);
    expect(identify(chain, "203.0.113.9", { cidrs: [], hops: 1 }).trusted).toBe(true);
  });

  it("reads the header that the proxies are said to maintain, and no other", () => {
    const both: readonly HeaderField[] = [
      ["forwarded", "for=192.0.2.7"],
      ["x-forwarded-for", "203.0.113.5"],
    ];
    expect(address(both, "127.0.0.1", { header: "x-forwarded-for" })).toBe("203.0.113.5");
    expect(address(both, "127.0.0.1", { header: "forwarded" })).toBe("192.0.2.7");
    expect(address([["forwarded", "for=192.0.2.7"]], "127.0.0.1", { header: "x-forwarded-for" })).toBe("127.0.0.1");
  });
});
