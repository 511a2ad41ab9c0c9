import { createHash, randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type HopFacts, hopField, hopText } from "../../../src/core/hop/hop.ts";
import { replayWindow } from "../../../src/core/hop/replay-window.ts";
import { type HopMessage, verifyHop } from "../../../src/core/hop/verify.ts";

const NOW = 1_790_000_000;

/** Any keyed function of the text will do here; the real one has its own test. */
const mac = (keyId: string, facts: HopFacts): string | null =>
  keyId === "k1" || keyId === "k2"
    ? createHash("sha256")
        .update(`${keyId}\n${hopText(facts)}`)
        .digest("hex")
    : null;

interface Parts extends Partial<HopFacts> {
  readonly keyId?: string;
}

function message({ keyId = "k1", ...more }: Parts = {}): HopMessage {
  const facts: HopFacts = {
    method: "GET",
    authority: "Shop.example.org:8443",
    target: "/a%2Fb?x=1",
    backend: "shop/web/http",
    atSeconds: NOW,
    nonce: randomUUID().replaceAll("-", ""),
    ...more,
  };
  const { atSeconds, nonce, method, target, authority, backend } = facts;
  const value = hopField({ keyId, atSeconds, nonce, mac: mac(keyId, facts) ?? "0".repeat(64) });
  return {
    method,
    target,
    fields: [
      ["host", "gateway.internal"],
      ["portolan-hop", value],
      ["portolan-authority", authority],
      ["portolan-backend", backend],
    ],
  };
}

const judge = (request: HopMessage, window = replayWindow()) => verifyHop(request, { mac, window, nowSeconds: NOW });
const reason = (request: HopMessage) => {
  const result = judge(request);
  return result.ok ? "ok" : result.reason;
};
const without = (name: string) => ({ ...message(), fields: message().fields.filter(([field]) => field !== name) });
const twice = (name: string): HopMessage => {
  const request = message();
  const again = request.fields.filter(([field]) => field === name);
  return { ...request, fields: [...request.fields, ...again] };
};
const changed = (name: string, change: (value: string) => string): HopMessage => {
  const request = message();
  return {
    ...request,
    fields: request.fields.map(([field, value]) => [field, field === name ? change(value) : value]),
  };
};

describe("verifyHop()", () => {
  it("gives back the public host and the backend of what an edge signed, with either key", () => {
    for (const keyId of ["k1", "k2"]) {
      expect(judge(message({ keyId }))).toEqual({
        ok: true,
        authority: "Shop.example.org:8443",
        host: "shop.example.org",
        backend: "shop/web/http",
      });
    }
  });

  it.each([
    ["missing", without("portolan-hop")],
    ["missing", without("portolan-authority")],
    ["missing", without("portolan-backend")],
    ["missing", { ...message(), fields: [] }],
    ["malformed", twice("portolan-hop")],
    ["malformed", twice("portolan-authority")],
    ["malformed", twice("portolan-backend")],
    ["malformed", changed("portolan-hop", (value) => value.replace("v1", "v2"))],
    ["malformed", changed("portolan-hop", (value) => value.replaceAll(" ", "  "))],
    ["malformed", changed("portolan-hop", (value) => `${value}0`)],
    ["malformed", changed("portolan-hop", (value) => value.toUpperCase())],
    ["malformed", changed("portolan-hop", () => "")],
    ["malformed", message({ authority: "shop.example.org/x" })],
    ["malformed", message({ authority: "" })],
    ["malformed", message({ backend: "shop/web" })],
    ["malformed", message({ backend: "shop//80" })],
    ["malformed", message({ backend: "a/b/c/d" })],
    ["unknown-key", message({ keyId: "k3" })],
    ["wrong-signature", { ...message(), method: "POST" }],
    ["wrong-signature", { ...message(), target: "/a/b?x=1" }],
    ["wrong-signature", changed("portolan-authority", () => "other.example.org")],
    ["wrong-signature", changed("portolan-backend", () => "shop/admin/http")],
    ["wrong-signature", changed("portolan-hop", (value) => value.replace(`${NOW}`, `${NOW + 1}`))],
    ["wrong-signature", changed("portolan-hop", (value) => value.replace("k1", "k2"))],
    ["wrong-signature", changed("portolan-hop", (value) => value.slice(0, -1) + (value.endsWith("0") ? "1" : "0"))],
    ["expired", message({ atSeconds: NOW - 31 })],
    ["from-the-future", message({ atSeconds: NOW + 31 })],
    ["ok", message({ atSeconds: NOW - 30 })],
    ["ok", message({ atSeconds: NOW + 30 })],
  ])("%s", (expected, request) => {
    expect(reason(request)).toBe(expected);
  });

  it("serves a request once, and lets nobody without a key use its nonce up", () => {
    const window = replayWindow();
    const request = message();
    expect(judge({ ...request, method: "POST" }, window)).toEqual({ ok: false, reason: "wrong-signature" });
    expect(judge(request, window)).toMatchObject({ ok: true });
    expect(judge(request, window)).toEqual({ ok: false, reason: "replayed" });
  });

  it("refuses when it cannot remember any more", () => {
    const window = replayWindow(1);
    expect(judge(message(), window)).toMatchObject({ ok: true });
    expect(judge(message(), window)).toEqual({ ok: false, reason: "too-many" });
  });
});
