import { describe, expect, it } from "vitest";
import { NO_LOCATION } from "../../src/core/geo/client-location.ts";
import { isDebugToken } from "../../src/edge/debug-token.ts";
import type { EdgeRequest, HeaderField } from "../../src/edge/message.ts";
import { isLoop, requestHeaders } from "../../src/edge/request-headers.ts";

function sent(
  headers: readonly HeaderField[],
  trusted: boolean,
  chain: "x-forwarded-for" | null = null,
): Map<string, string> {
  const request: EdgeRequest = {
    method: "GET",
    target: "/",
    host: "a.example.org",
    headers,
    body: null,
    bodyLength: null,
    peerAddress: "203.0.113.1",
    scheme: "http",
    runtimeLocation: null,
    signal: new AbortController().signal,
  };
  const trace = { traceparent: "00-1-1-00", traceId: "1", spanId: "1", parentSpanId: null, continued: false };
  const facts = { trusted, chain, publicHost: "a.example.org", location: NO_LOCATION, trace, requestId: "id" };
  return new Map(requestHeaders(request, facts));
}

/** Rule 12: nothing from a client header is believed unless the hop that set it is trusted. */
const CLAIMS: readonly HeaderField[] = [
  ["x-real-ip", "192.0.2.1"],
  ["x-forwarded-port", "1"],
  ["x-original-url", "/admin"],
  ["x-http-method-override", "DELETE"],
  ["true-client-ip", "192.0.2.1"],
  ["cf-connecting-ip", "192.0.2.1"],
  ["cloudfront-viewer-country", "FR"],
];
const NEVER: readonly HeaderField[] = [
  ["portolan-client-country", "FR"],
  ["portolan-debug", "token"],
  ["portolan-pin", "a"],
  ["portolan-hop", "v1 k 1 0 0"],
  ["portolan-authority", "evil.example"],
  ["portolan-backend", "a/b/80"],
  ["portolan-timeout", "1"],
  ["x_real_ip", "192.0.2.1"],
  ["proxy", "http://evil.example"],
  ["connection", "x-secret"],
  ["x-secret", "1"],
  ["keep-alive", "1"],
  ["te", "trailers"],
  ["upgrade", "h2c"],
  ["expect", "100-continue"],
];

describe("requestHeaders()", () => {
  it.each(CLAIMS)("passes a claim like %s on from a trusted hop only", (name, value) => {
    expect(sent([[name, value]], false).has(name)).toBe(false);
    expect(sent([[name, value]], true).get(name)).toBe(value);
  });

  it("passes on from nobody what is ours, hop-by-hop, or read differently elsewhere", () => {
    for (const trusted of [true, false]) {
      const fields = sent([...NEVER, ["accept", "a"]], trusted);
      for (const [name] of NEVER) expect(fields.has(name), name).toBe(false);
      expect(fields.get("accept")).toBe("a");
    }
  });

  it("begins a forwarding header anew that the trusted hop is known not to maintain", () => {
    const both: readonly HeaderField[] = [
      ["x-forwarded-for", "192.0.2.7"],
      ["forwarded", "for=192.0.2.66"],
    ];
    const fields = sent(both, true, "x-forwarded-for");
    expect(fields.get("x-forwarded-for")).toBe("192.0.2.7, 203.0.113.1");
    expect(fields.get("forwarded")).toBe('for=203.0.113.1;host="a.example.org";proto=http');
  });

  it("begins the forwarding chain anew for a client and appends to a trusted one", () => {
    const chain: HeaderField = ["x-forwarded-for", "192.0.2.1"];
    expect(sent([chain], false).get("x-forwarded-for")).toBe("203.0.113.1");
    expect(sent([chain], true).get("x-forwarded-for")).toBe("192.0.2.1, 203.0.113.1");
  });
});

describe("isLoop()", () => {
  it("knows a request that went through this fleet before (RFC 8586)", () => {
    expect(isLoop([["cdn-loop", "other, Portolan; v=1"]])).toBe(true);
    expect(isLoop([["cdn-loop", "portolan2"]])).toBe(false);
    const [again] = [...sent([], false)].filter(([name]) => name === "cdn-loop");
    expect(again !== undefined && isLoop([again])).toBe(true);
  });
});

describe("isDebugToken()", () => {
  it.each([
    ["secret-secret-16", "secret-secret-16", true],
    ["secret-secret-17", "secret-secret-16", false],
    ["secret-secret-1", "secret-secret-16", false],
    ["secret-secret-16secret-secret-16", "secret-secret-16", false],
    ["", "", false],
    [null, "secret-secret-16", false],
    ["secret-secret-16", null, false],
  ])("of %j for %j is %j", (received, token, expected) => {
    expect(isDebugToken(received, token)).toBe(expected);
  });
});
