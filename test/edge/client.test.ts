import { describe, expect, it } from "vitest";
import { parseCidrs } from "../../src/core/address/cidr.ts";
import { overrideTable } from "../../src/core/geo/client-location.ts";
import { headerLocation } from "../../src/core/geo/platform-location.ts";
import { identifyClient } from "../../src/edge/client.ts";
import type { HeaderField } from "../../src/edge/message.ts";

const sources = {
  trustedProxies: parseCidrs(["127.0.0.1/32", "10.0.0.0/8"]).cidrs,
  overrides: overrideTable([{ cidr: "192.0.2.0/24", country: "DE", location: null }]),
  locator: null,
  headerLocation: headerLocation("cloudfront"),
  zonePoint: null,
};

function identify(headers: readonly HeaderField[], peerAddress = "127.0.0.1") {
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
    sources,
  );
}

const address = (headers: readonly HeaderField[], peer?: string) => identify(headers, peer).client.address;

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
});
